"""A worker is told to stop: it takes nothing new, lets short work finish and gives long work back."""

from __future__ import annotations

from uuid import UUID

from apps.dispatch.models import Worker
from apps.executions.models import Execution
from apps.tenants.context import public_context, tenant_context
from tests.engine import accept, all_are, execution, history, statuses, until
from tests.live import Live


def test_it_works(live: Live) -> None:
    worker = live.worker(WORKER_SLOTS="3", WORKER_GRACE_SECONDS="5", CANCEL_GRACE_SECONDS="1")
    [once], [twice] = accept(live.schema, "test.endless"), accept(live.schema, "test.endless", max_attempts=2)
    short = accept(live.schema, "test.talking")
    until(lambda: _talking(live, once, twice, *short))
    waiting = accept(live.schema, "test.done", number=3, priority=9)
    worker.terminate()
    until(all_are(live.schema, short, "completed"))
    assert worker.wait(60) == 0
    assert statuses(live.schema, waiting) == ["pending"] * 3
    assert (statuses(live.schema, [once]), history(live.schema, once)) == (["lost"], ["started", "lost"])
    assert execution(live.schema, once).error_message.startswith("last seen at line ")
    assert (statuses(live.schema, [twice]), history(live.schema, twice)) == (["pending"], ["started", "retried"])
    with public_context():
        assert not Worker.objects.exists()


def test_at_once_by_the_keyboard(live: Live) -> None:
    worker = live.worker(WORKER_SLOTS="1", WORKER_GRACE_SECONDS="60")
    [twice] = accept(live.schema, "test.endless", max_attempts=2)
    until(lambda: _talking(live, twice))
    worker.interrupt()
    worker.wait(30)  # half of the grace
    assert statuses(live.schema, [twice]) == ["pending"]


def _talking(live: Live, *executions: UUID) -> bool:
    with tenant_context(live.schema):
        talking = Execution.objects.filter(pk__in=executions, status="running", last_seq__gt=0)
        return talking.count() == len(executions)
