from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from apps.dispatch.services.leases import ticket_renew
from apps.dispatch.tests.conftest import Make, stored, written_by_another


def test_it_works(make: Make) -> None:
    held = make(held=True, lease_until=timezone.now() + timedelta(seconds=1))
    ticket = stored(held)
    assert ticket is not None
    assert ticket.token is not None
    assert ticket_renew(tokens={held: ticket.token}, lease_seconds=60) == {held}
    renewed = stored(held)
    assert renewed is not None
    assert renewed.lease_until is not None
    assert renewed.lease_until > timezone.now() + timedelta(seconds=50)


def test_even_after_its_end_as_long_as_nobody_took_it(make: Make) -> None:
    held = make(held=True, lease_until=timezone.now() - timedelta(hours=1))
    ticket = stored(held)
    assert ticket is not None
    assert ticket.token is not None
    assert ticket_renew(tokens={held: ticket.token}, lease_seconds=60) == {held}


def test_not_under_another_token(make: Make) -> None:
    assert ticket_renew(tokens={make(held=True): uuid4(), make(): uuid4()}, lease_seconds=60) == set()


def test_a_ticket_that_somebody_writes_keeps_no_other_waiting(transactional_db: None, make: Make) -> None:
    held, written = make(held=True), make(held=True)
    tokens = {pk: ticket.token for pk in (held, written) if (ticket := stored(pk)) and ticket.token}
    with written_by_another(written):
        assert ticket_renew(tokens=tokens, lease_seconds=60) == {held}
    assert ticket_renew(tokens=tokens, lease_seconds=60) == {held, written}


def test_nothing_held_asks_nothing() -> None:
    assert ticket_renew(tokens={}, lease_seconds=60) == set()
