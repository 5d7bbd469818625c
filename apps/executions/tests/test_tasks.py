from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.executions.models import Execution
from apps.executions.services.transitions import execution_finish
from apps.executions.tasks import prune, sweep
from apps.executions.tests.conftest import DONE, Start


def test_ticks_may_come_twice(start: Start) -> None:
    old, young = start(), start()
    for lease in (old, young):
        execution_finish(lease, DONE, now=timezone.now())
    Execution.objects.filter(pk=old.execution_id).update(finished_at=timezone.now() - timedelta(days=1000))
    for _tick in range(2):
        prune()
        sweep()
    assert list(Execution.objects.values_list("pk", flat=True)) == [young.execution_id]
