"""What the ledger hears of a run, the engine tells of it."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from apps.events.models import Event
from apps.executions.models import Status
from apps.robots.kind.robot_kind import RobotKind
from apps.robots.models import Run
from apps.robots.tests.factories import run_ended, system
from apps.tenants.context import current_schema

Ended = Callable[..., Run]


def tell(run: Run, event: str) -> None:
    with transaction.atomic():
        RobotKind().changed(run.execution, event=event, actor=system(current_schema()), now=timezone.now())


def test_it_works(run: Run) -> None:
    run_ended(run, Status.FAILED, error_message="Process returned exit code 3", exit_code=3)
    for event in ("started", "retried", "requeued", "completed", "failed", "cancelled", "lost"):
        tell(run, event)
    found = Event.objects.filter(subject_id=str(run.pk)).exclude(name="run.queued")
    assert set(found.values_list("name", flat=True)) == {
        "run.started",
        "run.retried",
        "run.requeued",
        "run.completed",
        "run.failed",
        "run.cancelled",
        "run.lost",
    }
    facts = found.get(name="run.failed").data
    assert (facts["exit_code"], facts["error"]) == (3, "Process returned exit code 3")
    assert facts["version_id"] == str(run.version_id)
