from __future__ import annotations

from apps.dispatch.selectors import tickets_held
from apps.dispatch.services.tickets import ticket_cancel_request
from apps.dispatch.tests.conftest import Make, stored


def test_it_works(make: Make) -> None:
    held = make(held=True)
    ticket_cancel_request(execution_id=held)
    ticket = stored(held)
    assert ticket is not None
    assert ticket.token is not None
    assert tickets_held({held: ticket.token}) == {held: True}
