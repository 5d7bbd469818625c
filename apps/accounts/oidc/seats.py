"""How many threads of one process ask issuers at once: an issuer that hangs holds up a few, and never all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from apps.common.outgoing import LONGEST_SECONDS
from apps.common.turns import Turns, only_one
from apps.tenants.context import require_tenant

MOST_AT_ONCE, MOST_OF_EACH = 4, 2  # a fraction of WEB_THREADS; and one organization's issuer holds up no other's
WAITING_SECONDS = 2.0  # of who was at the issuer already: an exchange takes a fraction of it
_seats = Turns(MOST_AT_ONCE, of_each=MOST_OF_EACH, lasting=LONGEST_SECONDS)


def seat_taken(*, seconds: float = 0) -> AbstractContextManager[None]:
    """Holds one of the seats. Raises ``TooManyRequests`` where none is free within ``seconds``."""
    return _seats.taken(require_tenant(), seconds=seconds)


@contextmanager
def own_turn() -> Iterator[None]:
    """A seat for somebody who sets an issuer up, of whom each organization has one at a time in all processes.

    Raises ``TooManyRequests``.
    """
    with only_one("oidc-setup", seconds=LONGEST_SECONDS * 2), seat_taken():
        yield
