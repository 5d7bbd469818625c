from __future__ import annotations

from typing import Any

from apps.dispatch.services.tickets import ticket_requeue
from apps.dispatch.tests.conftest import Make, claimed_ids, stored


def test_it_works(make: Make, monkeypatch: Any, django_capture_on_commit_callbacks: Any) -> None:
    rung: list[str] = []
    monkeypatch.setattr("apps.dispatch.services.tickets.ring", rung.append)
    held = make(held=True)
    with django_capture_on_commit_callbacks(execute=True):
        ticket_requeue(execution_id=held, delay_seconds=0)
    ticket = stored(held)
    assert ticket is not None
    assert (ticket.token, ticket.lease_until, ticket.worker) == (None, None, "")
    assert rung == ["q"]
    assert claimed_ids() == [held]


def test_waits_before_the_next_attempt(make: Make) -> None:
    held = make(held=True)
    ticket_requeue(execution_id=held, delay_seconds=60)
    assert not claimed_ids()
