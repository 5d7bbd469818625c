"""How many threads of one process ask issuers at once: an issuer that hangs holds up a few, and never all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from apps.common.errors import TooManyRequests
from apps.common.outgoing import LONGEST_SECONDS
from apps.common.turns import only_one

MOST_AT_ONCE = 4  # of one process, at whatever issuers: a fraction of WEB_THREADS
_seats = threading.BoundedSemaphore(MOST_AT_ONCE)


@contextmanager
def seat_taken() -> Iterator[None]:
    """Holds one of the seats, without waiting for it. Raises ``TooManyRequests`` where none is free."""
    if not _seats.acquire(blocking=False):
        raise TooManyRequests(retry_after=LONGEST_SECONDS)
    try:
        yield
    finally:
        _seats.release()


@contextmanager
def own_turn() -> Iterator[None]:
    """A seat for somebody who sets an issuer up, of whom each organization has one at a time in all processes.

    Raises ``TooManyRequests``.
    """
    with only_one("oidc-setup", seconds=LONGEST_SECONDS * 2) as ours:
        if not ours:
            raise TooManyRequests(retry_after=LONGEST_SECONDS)
        with seat_taken():
            yield
