from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import OperationalError

from apps.common.trace import current_trace_id
from apps.executions import registry
from apps.executions.attempts import attempt
from apps.executions.errors import LeaseLost
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Status
from apps.executions.tests.conftest import FAILED, RecordingKind, Start, steal, stored, ticket_of


def test_it_works(start: Start, kind: RecordingKind) -> None:
    lease = start()
    attempt([lease])
    assert kind.ran == [lease]
    assert stored(lease).status == Status.COMPLETED
    assert ticket_of(lease) is None
    assert current_trace_id() == "trace"


def test_several_together(start: Start, kind: RecordingKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_instant", {kind.name})
    leases = [start() for _number in range(3)]
    steal(leases[1])
    attempt(leases)
    assert [stored(lease).status for lease in leases] == ["completed", "running", "completed"]


def test_several_together_fail(start: Start, kind: RecordingKind) -> None:
    kind.outcome = FAILED
    again, once = start(max_attempts=2), start()
    attempt([again, once])
    assert (stored(again).status, stored(once).status) == ("pending", "failed")


def test_a_fault_of_the_kind_fails_the_execution(start: Start, kind: RecordingKind) -> None:
    kind.outcome = RuntimeError("secret details")
    lease = start(max_attempts=2)
    attempt([lease])
    assert (stored(lease).status, stored(lease).error_message) == (Status.FAILED, "Internal error")


def test_given_back_when_the_kind_stops_early(start: Start, kind: RecordingKind) -> None:
    kind.outcome = LeaseLost()
    lease = start()
    attempt([lease])
    assert stored(lease).status == Status.PENDING


def test_given_back_when_the_database_was_away(transactional_db: None, start: Start, kind: RecordingKind) -> None:
    kind.outcome = OperationalError("away")
    lease = start()
    attempt([lease])
    assert stored(lease).status == Status.PENDING


def test_given_back_when_the_worker_ends(start: Start, kind: RecordingKind) -> None:
    """Whatever the kind says once it was told to drop everything."""
    lease = start()
    lease.control.lost.set()
    attempt([lease])
    assert stored(lease).status == Status.PENDING
    assert kind.events == ["started", "requeued"]


def test_not_begun_when_the_answer_to_the_claim_came_too_late(start: Start, kind: RecordingKind) -> None:
    lease = start()
    lease.renewed(asked_at=time.monotonic() - 30, lease_seconds=30)
    attempt([lease])
    assert kind.ran == []
    assert kind.events == ["started", "requeued"]


def test_not_finished_when_nobody_renewed_meanwhile(
    start: Start, kind: RecordingKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ran beyond its lease may have been killed for that: how it ended says nothing."""

    def run(lease: Lease) -> Outcome:
        lease.renewed(asked_at=time.monotonic() - 30, lease_seconds=30)
        return Outcome(Status.COMPLETED)

    monkeypatch.setattr(kind, "run", run)
    lease = start()
    attempt([lease])
    assert kind.events == ["started", "requeued"]


def test_lost_to_somebody_else(start: Start, kind: RecordingKind) -> None:
    lease = start()
    steal(lease)
    attempt([lease])
    assert stored(lease).status == Status.RUNNING
    assert kind.events == ["started"]


def test_an_outcome_is_an_end() -> None:
    with pytest.raises(ValueError, match="cannot end as"):
        Outcome(Status.LOST)


def test_the_kind_works_inside_the_organization(start: Start, kind: Any, monkeypatch: Any) -> None:
    from apps.tenants.context import current_schema, public_context  # noqa: PLC0415  # only here

    seen: list[str] = []

    def run(_lease: Lease) -> Outcome:
        seen.append(current_schema())
        return Outcome(Status.COMPLETED)

    monkeypatch.setattr(kind, "run", run)
    lease = start()
    with public_context():
        attempt([lease])
    assert seen == [lease.schema]
