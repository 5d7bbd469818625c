from __future__ import annotations

from apps.dispatch.services.tickets import ticket_drop
from apps.dispatch.tests.conftest import Make, stored


def test_it_works(make: Make) -> None:
    held = make(held=True)
    ticket_drop(execution_id=held)
    assert stored(held) is None
