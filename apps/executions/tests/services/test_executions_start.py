from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.executions.models import Execution, Status
from apps.executions.services.transitions import execution_finish, executions_start
from apps.executions.tests.conftest import FAILED, Accept, RecordingKind, Start, claimed, stored, ticket_of
from apps.tenants.models import Organization


def test_it_works(accept: Accept, kind: RecordingKind, organization: Organization) -> None:
    execution = accept(max_attempts=2, timeout_seconds=7)
    [ticket] = claimed()
    with transaction.atomic():
        [lease] = executions_start(claimed=[ticket], worker="w", now=timezone.now())
    saved = stored(execution)
    assert (saved.status, saved.attempt, saved.token, saved.worker) == (Status.RUNNING, 1, ticket.token, "w")
    assert (lease.execution_id, lease.token, lease.attempt, lease.max_attempts) == (execution.pk, ticket.token, 1, 2)
    assert (lease.schema, lease.timeout_seconds, lease.trace_id) == (organization.schema_name, 7, "trace")
    assert (lease.actor.id, lease.actor.trace_id) == ("worker", "trace")
    assert kind.events == ["started"]


def test_goes_on_numbering_lines_and_forgets_the_last_attempt(start: Start) -> None:
    lease = start(max_attempts=2)
    Execution.objects.filter(pk=lease.execution_id).update(last_seq=12, process_id=1, progress_done=5)
    execution_finish(lease, FAILED, now=timezone.now())
    with transaction.atomic():
        [again] = executions_start(claimed=claimed(), worker="w", now=timezone.now())
    saved = stored(lease)
    assert (again.attempt, again.last_seq) == (2, 12)
    assert (saved.process_id, saved.progress_done, saved.exit_code, saved.error_message) == (None, None, None, "")
    assert again.token != lease.token


def test_a_ticket_without_execution_goes(accept: Accept) -> None:
    gone, over = accept(), accept()
    Execution.objects.filter(pk=gone.pk).delete()
    Execution.objects.filter(pk=over.pk).update(status=Status.CANCELLED, finished_at=timezone.now())
    with transaction.atomic():
        assert not executions_start(claimed=claimed(limit=2), worker="w", now=timezone.now())
    assert ticket_of(gone) is None
    assert ticket_of(over) is None


def test_never_starts_before_it_was_queued(accept: Accept) -> None:
    """Clocks of machines differ."""
    execution = accept(now=timezone.now() + timedelta(minutes=5))
    with transaction.atomic():
        executions_start(claimed=claimed(), worker="w", now=timezone.now())
    saved = stored(execution)
    assert saved.started_at == saved.queued_at
