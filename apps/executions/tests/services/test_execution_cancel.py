from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.common.actor import Actor
from apps.dispatch.models import Tally
from apps.executions.errors import ExecutionFinished
from apps.executions.metrics import RUNS
from apps.executions.models import Execution, Status
from apps.executions.services.executions import execution_cancel
from apps.executions.services.transitions import execution_finish
from apps.executions.tests.conftest import DONE, FAILED, Accept, RecordingKind, Start, claimed, stored, ticket_of
from apps.tenants.context import public_context
from apps.tenants.models import Organization


@pytest.fixture
def cancel(organization: Organization) -> Any:
    actor = Actor.system("tests", schema=organization.schema_name)
    return lambda execution: execution_cancel(actor=actor, execution=execution, now=timezone.now())


def test_it_works(accept: Accept, cancel: Any, kind: RecordingKind, woken: list[Any], committed: Any) -> None:
    execution = accept()
    with committed():
        cancel(execution)
    assert execution.status == Status.CANCELLED
    assert execution.finished_at is not None
    assert ticket_of(execution) is None
    assert not claimed()
    assert kind.events == ["cancelled"]
    assert [message["type"] for _group, message in woken] == ["execution.changed"]


def test_it_is_counted_where_no_worker_beats(accept: Accept, cancel: Any, committed: Any) -> None:
    execution = accept()
    with committed():
        cancel(execution)
    with public_context():
        assert Tally.objects.get(name=RUNS.name, labels='{"status": "cancelled"}').value >= 1


def test_running_is_asked_to_stop(start: Start, cancel: Any, kind: RecordingKind) -> None:
    lease = start()
    execution = stored(lease)
    cancel(execution)
    ticket = ticket_of(lease)
    assert ticket is not None
    assert ticket.cancel_requested
    assert (execution.status, execution.finished_at) == (Status.RUNNING, None)
    assert execution.cancel_requested_at is not None
    assert kind.events == ["started"]


def test_twice_does_no_harm(accept: Accept, start: Start, cancel: Any, kind: RecordingKind) -> None:
    for execution in (stored(start()), accept()):
        cancel(execution)
        first = stored(execution).cancel_requested_at
        cancel(execution)
        assert stored(execution).cancel_requested_at == first
    assert kind.events.count("cancelled") == 1


def test_between_two_attempts_it_ends_at_once(start: Start, cancel: Any) -> None:
    lease = start(max_attempts=2, retry_backoff_seconds=60)
    execution_finish(lease, FAILED, now=timezone.now())
    cancel(stored(lease))
    assert stored(lease).status == Status.CANCELLED
    assert ticket_of(lease) is None


def test_finished_is_refused(start: Start, cancel: Any) -> None:
    lease = start()
    seen_running: Execution = stored(lease)
    execution_finish(lease, DONE, now=timezone.now())
    with pytest.raises(ExecutionFinished):
        cancel(seen_running)
    assert stored(lease).status == Status.COMPLETED
