"""The ordinary life of executions, with a real worker."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from apps.dispatch.models import Tally, Ticket, Worker
from apps.dispatch.selectors import workers_alive
from apps.executions.models import Execution
from apps.tenants.context import public_context, tenant_context
from tests.engine import accept, all_are, cancel, execution, history, log, statuses, tokens, until
from tests.kinds import TALKING_LINES
from tests.live import LEASE_SECONDS, Live


def test_it_works(live: Live) -> None:
    """One worker, work of two organizations, every way to end."""
    live.worker(WORKER_SLOTS="8")
    talking = accept(live.schema, "test.talking", number=2)
    theirs = accept(live.other_schema, "test.done", number=3)
    instant = accept(live.schema, "test.nothing", number=100)
    failing = accept(live.schema, "test.failing", max_attempts=3)
    breaking = accept(live.schema, "test.breaking", max_attempts=3)
    later = accept(live.schema, "test.done", available_at=timezone.now() + timedelta(seconds=2))
    elsewhere = accept(live.schema, "test.done", queue="robots.gpu")
    [endless] = accept(live.schema, "test.endless")

    until(all_are(live.schema, [*talking, *instant], "completed"))
    until(all_are(live.other_schema, theirs, "completed"))
    for done in talking:
        ended = execution(live.schema, done)
        assert (ended.attempt, ended.exit_code, ended.last_seq) == (1, 0, TALKING_LINES)
        assert ended.started_at is not None
        assert ended.finished_at is not None
        assert ended.queued_at <= ended.started_at <= ended.finished_at
        assert log(live.schema, done) == [f"attempt 1 line {number}" for number in range(1, TALKING_LINES + 1)]
        assert history(live.schema, done) == ["started", "completed"]

    until(all_are(live.schema, failing, "failed"))
    assert execution(live.schema, failing[0]).attempt == 3
    assert len(set(tokens(live.schema, failing[0]))) == 3
    assert history(live.schema, failing[0]) == ["started", "retried", "started", "retried", "started", "failed"]

    until(all_are(live.schema, breaking, "failed"))
    assert execution(live.schema, breaking[0]).error_message == "Internal error"
    assert history(live.schema, breaking[0]) == ["started", "failed"]

    until(all_are(live.schema, later, "completed"))
    assert statuses(live.schema, elsewhere) == ["pending"]

    until(lambda: statuses(live.schema, [endless]) == ["running"])
    cancel(live.schema, endless)
    until(all_are(live.schema, [endless], "cancelled"))
    assert history(live.schema, endless) == ["started", "cancelled"]

    _the_worker_is_known()
    until(_counted)


def _the_worker_is_known() -> None:
    with public_context():
        worker = Worker.objects.get()
        assert Ticket.objects.count() == 1
    assert (worker.slots, worker.queues) == (8, ["robots.default"])
    assert workers_alive(lease_seconds=LEASE_SECONDS).count == 1


def _counted() -> bool:
    with public_context():
        return Tally.objects.filter(
            name="oficina_runs_total", labels='{"status": "completed"}', value__gte=106
        ).exists()


def test_one_waits_for_no_thousand(live: Live) -> None:
    """A thousand of one organization wait, and are more urgent; one of another starts within slots + 1 starts."""
    slots = 4
    unknown = accept(live.schema, "test.unheard_of", priority=9)
    many = accept(live.schema, "test.done", number=1000, priority=9)
    [one] = accept(live.other_schema, "test.done")
    live.worker(WORKER_SLOTS=str(slots))
    until(all_are(live.other_schema, [one], "completed"))
    assert _started_before(live, many, one) <= slots + 1
    until(lambda: statuses(live.schema, many).count("completed") > slots)
    assert statuses(live.schema, unknown) == ["pending"]  # a claim that fails comes later; nobody waits for it


def test_the_next_slot_is_for_who_has_none(live: Live) -> None:
    """However urgent the others are, and however long they wait already."""
    live.worker(WORKER_SLOTS="2")
    running = accept(live.schema, "test.endless", number=2)
    until(all_are(live.schema, running, "running"))
    many = accept(live.schema, "test.done", number=20, priority=9)
    [one] = accept(live.other_schema, "test.done")
    cancel(live.schema, running[0])
    until(all_are(live.schema, many, "completed"))
    until(all_are(live.other_schema, [one], "completed"))
    assert _started_before(live, many, one) == 0


def _started_before(live: Live, ours: list[UUID], theirs: UUID) -> int:
    """How many of the first organization's had started when the other's one did, by the worker's own clock."""
    started_at = execution(live.other_schema, theirs).started_at
    with tenant_context(live.schema):
        return Execution.objects.filter(pk__in=ours, started_at__lte=started_at).count()
