from __future__ import annotations

from uuid import uuid4

from apps.common.ids import uuid7
from apps.dispatch.services.tickets import tickets_finish
from apps.dispatch.tests.conftest import Make, stored


def _token(ticket_id: object) -> object:
    ticket = stored(ticket_id)  # type: ignore[arg-type]
    assert ticket is not None
    return ticket.token


def test_it_works(make: Make) -> None:
    one, two = make(held=True), make(held=True)
    tokens = {identifier: _token(identifier) for identifier in (one, two)}
    assert tickets_finish(tokens=tokens) == {one, two}  # type: ignore[arg-type]
    assert stored(one) is None


def test_only_under_the_valid_token(make: Make) -> None:
    held, waiting = make(held=True), make()
    assert tickets_finish(tokens={held: uuid4(), waiting: uuid4(), uuid7(): uuid4()}) == set()
    assert stored(held)
    assert stored(waiting)


def test_nothing_to_finish(make: Make) -> None:
    make()
    assert tickets_finish(tokens={}) == set()
