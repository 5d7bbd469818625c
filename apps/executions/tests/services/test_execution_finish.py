from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.common.actor import Actor
from apps.executions import metrics
from apps.executions.errors import LeaseLost
from apps.executions.lease import Outcome
from apps.executions.models import Status
from apps.executions.services.executions import execution_cancel
from apps.executions.services.transitions import execution_finish, executions_finish
from apps.executions.tests.conftest import DONE, FAILED, RecordingKind, Start, claimed, steal, stored, ticket_of


def test_it_works(start: Start, kind: RecordingKind, woken: list[Any], committed: Any, monkeypatch: Any) -> None:
    counted: list[dict[str, str]] = []
    monkeypatch.setattr(type(metrics.RUNS), "add", lambda _self, amount=1, **labels: counted.append(labels))
    lease = start()
    with committed():
        assert execution_finish(lease, DONE, now=timezone.now()) == Status.COMPLETED
    saved = stored(lease)
    assert (saved.status, saved.exit_code, saved.token) == (Status.COMPLETED, 0, lease.token)
    assert ticket_of(lease) is None
    assert kind.events == ["started", "completed"]
    assert woken[-1][1] == {"type": "execution.changed"}
    assert counted == [{"status": "completed"}]


def test_failure_with_attempts_left_waits(start: Start, kind: RecordingKind) -> None:
    lease = start(max_attempts=3, retry_backoff_seconds=10)
    assert execution_finish(lease, FAILED, now=timezone.now()) == Status.PENDING
    saved, ticket = stored(lease), ticket_of(lease)
    assert ticket is not None
    assert (saved.status, saved.token, saved.attempt, saved.error_message) == (Status.PENDING, None, 1, "no")
    assert timedelta(seconds=5) < ticket.available_at - timezone.now() <= timedelta(seconds=10)
    assert kind.events == ["started", "retried"]


def test_backoff_doubles(start: Start) -> None:
    lease = start(max_attempts=9, retry_backoff_seconds=100)
    execution = stored(lease)
    execution.attempt = 3
    execution.save()
    lease.attempt = 3
    execution_finish(lease, FAILED, now=timezone.now())
    ticket = ticket_of(lease)
    assert ticket is not None
    assert ticket.available_at - timezone.now() == pytest.approx(timedelta(seconds=400), abs=timedelta(seconds=5))


def test_failure_of_the_last_attempt_is_final(start: Start) -> None:
    lease = start()
    assert execution_finish(lease, FAILED, now=timezone.now()) == Status.FAILED
    assert (stored(lease).status, stored(lease).error_message) == (Status.FAILED, "no")


def test_failure_that_will_not_get_better_is_final(start: Start) -> None:
    lease = start(max_attempts=3)
    assert execution_finish(lease, Outcome(Status.FAILED), now=timezone.now()) == Status.FAILED


def test_no_further_attempt_of_what_was_cancelled(start: Start) -> None:
    lease = start(max_attempts=3)
    execution_cancel(actor=Actor.system("tests", schema=lease.schema), execution=stored(lease), now=timezone.now())
    assert execution_finish(lease, FAILED, now=timezone.now()) == Status.CANCELLED
    assert ticket_of(lease) is None


def test_several_at_once(start: Start, kind: RecordingKind) -> None:
    one, two, lost = start(), start(), start()
    steal(lost)
    held = executions_finish(
        outcomes={one: DONE, two: Outcome(Status.FAILED, error_message="a\x00b"), lost: DONE}, now=timezone.now()
    )
    assert held == {one.execution_id, two.execution_id}
    assert (stored(one).status, stored(two).status, stored(lost).status) == ("completed", "failed", "running")
    assert (stored(two).exit_code, stored(two).error_message) == (None, "ab")
    assert sorted(kind.events[3:]) == ["completed", "failed"]


@pytest.mark.parametrize("outcome", [DONE, FAILED])
def test_not_without_the_lease(start: Start, kind: RecordingKind, outcome: Outcome) -> None:
    lease = start(max_attempts=2)
    steal(lease)
    with pytest.raises(LeaseLost):
        execution_finish(lease, outcome, now=timezone.now())
    assert stored(lease).status == Status.RUNNING
    assert kind.events == ["started"]


def test_again_after_the_answer_was_lost(start: Start, kind: RecordingKind) -> None:
    lease = start()
    execution_finish(lease, DONE, now=timezone.now())
    execution_finish(lease, DONE, now=timezone.now())
    assert kind.events == ["started", "completed"]


def test_never_ends_before_it_started(start: Start) -> None:
    lease = start()
    execution_finish(lease, DONE, now=timezone.now() - timedelta(hours=1))
    saved = stored(lease)
    assert saved.finished_at == saved.started_at
    assert claimed() == []
