from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from apps.dispatch.services.leases import Expired
from apps.executions.errors import LeaseLost
from apps.executions.lease import Lease
from apps.executions.models import Execution, Status
from apps.executions.services.executions import execution_process_started
from apps.executions.services.logs import LogLine, log_append
from apps.executions.services.transitions import MAXIMUM_FALSE_STARTS, execution_recover
from apps.executions.tests.conftest import RecordingKind, Start, claimed, stored, ticket_of


def recover(lease: Lease, *, cancel_requested: bool = False) -> None:
    with transaction.atomic():
        expired = Expired(lease.execution_id, lease.schema, lease.kind, lease.token, cancel_requested)
        execution_recover(expired, now=timezone.now())


def started_process(lease: Lease) -> Lease:
    execution_process_started(lease, process_id=1, now=timezone.now())
    log_append(lease, [LogLine(timezone.now(), "INFO", "stdout", "hello")] * 3, now=timezone.now())
    return lease


def test_it_works(start: Start, kind: RecordingKind) -> None:
    """A process ran, no attempt is left: lost."""
    lease = started_process(start())
    recover(lease)
    saved = stored(lease)
    assert (saved.status, saved.error_message, saved.token) == (Status.LOST, "last seen at line 3", None)
    assert saved.finished_at is not None
    assert ticket_of(lease) is None
    assert kind.events == ["started", "lost"]


def test_the_old_holder_writes_nothing(start: Start) -> None:
    lease = started_process(start(max_attempts=2))
    recover(lease)
    with pytest.raises(LeaseLost):
        log_append(lease, [LogLine(timezone.now(), "INFO", "stdout", "late")], now=timezone.now())


def test_with_attempts_left_it_waits_for_the_next(start: Start, kind: RecordingKind) -> None:
    lease = started_process(start(max_attempts=2))
    recover(lease)
    saved = stored(lease)
    assert (saved.status, saved.attempt, saved.false_starts) == (Status.PENDING, 1, 0)
    assert [ticket.execution_id for ticket in claimed()] == [lease.execution_id]
    assert kind.events == ["started", "retried"]


def test_before_the_process_started_no_attempt_is_spent(start: Start, kind: RecordingKind) -> None:
    lease = start()
    recover(lease)
    saved = stored(lease)
    assert (saved.status, saved.attempt, saved.false_starts) == (Status.PENDING, 0, 1)
    assert [ticket.execution_id for ticket in claimed()] == [lease.execution_id]
    assert kind.events == ["started", "requeued"]


def test_but_not_for_ever(start: Start) -> None:
    lease = start(max_attempts=5)
    Execution.objects.filter(pk=lease.execution_id).update(false_starts=MAXIMUM_FALSE_STARTS)
    recover(lease)
    assert stored(lease).status == Status.LOST


def test_asked_to_stop_it_is_cancelled(start: Start, kind: RecordingKind) -> None:
    lease = started_process(start(max_attempts=2))
    recover(lease, cancel_requested=True)
    assert stored(lease).status == Status.CANCELLED
    assert ticket_of(lease) is None
    assert kind.events == ["started", "cancelled"]


def test_a_ticket_that_stands_for_nothing_goes(start: Start) -> None:
    finished, gone = start(), start()
    Execution.objects.filter(pk=finished.execution_id).update(status=Status.FAILED, finished_at=timezone.now())
    Execution.objects.filter(pk=gone.execution_id).delete()
    for lease in (finished, gone):
        recover(lease)
        assert ticket_of(lease) is None
    assert stored(finished).status == Status.FAILED


def test_an_execution_under_another_token_is_left_alone(start: Start) -> None:
    lease = start()
    Execution.objects.filter(pk=lease.execution_id).update(token=uuid4())
    recover(lease)
    assert stored(lease).status == Status.RUNNING
