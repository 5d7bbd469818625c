"""Workers die by SIGKILL in the middle of everything: no run is lost, doubled or torn, and recovery is quick."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from apps.common.testing import eventually
from apps.events.models import Event
from apps.executions.models import Execution
from apps.tenants.context import tenant_context
from tests.engine import (
    SLACK_SECONDS,
    accept,
    all_are,
    all_ended,
    cancel,
    execution,
    history,
    log,
    statuses,
    tokens,
    until,
)
from tests.kinds import BRIEF_LINES, TALKING_LINES
from tests.live import SHORT_LEASE_SECONDS, SLOTS, Live, Process
from tests.robots import DAEMONS, living, named, run_robot

pytestmark = pytest.mark.usefixtures("short_leases")
ENDS = {"completed", "failed", "cancelled", "lost"}


def test_it_works(live: Live) -> None:
    """Three deaths, the second with Redis flushed, the third with Redis restarted; then nobody is left for a while."""

    def redis_restart() -> None:
        live.redis_stop()
        live.redis_start()

    worker = live.worker("first")
    for disaster in (None, live.redis_flush, redis_restart):
        survivor = live.worker("survivor")
        _death(live, worker, disaster)
        worker = survivor

    [alone] = accept(live.schema, "test.endless")
    [unready] = accept(live.schema, "test.preparing")
    until(lambda: alone in _talking(live, [alone]) and statuses(live.schema, [unready]) == ["running"])
    worker.kill()
    live.worker("last")
    until(lambda: statuses(live.schema, [alone]) == ["lost"])
    with tenant_context(live.schema):
        assert Event.objects.filter(subject_id=str(alone), name="test.lost", actor_id="reaper").count() == 1
    _costs_nothing_before_its_process_started(live, unready)


def test_its_robots_end_with_it(live: Live) -> None:
    """At once, daemons included; another worker goes on where attempts are left."""
    mark = f"daemon-{uuid4().hex}"
    live.environment["CANCEL_GRACE_SECONDS"] = "0.5"
    worker = live.worker("first", WORKER_SLOTS="2")
    once = run_robot(live.schema, DAEMONS.format(mark=mark))
    again = run_robot(live.schema, DAEMONS.format(mark=mark), max_attempts=2)
    until(lambda: [execution(live.schema, run).last_seq for run in (once, again)] == [1, 1])
    family = worker.descendants() + named(mark)
    assert len(living(family)) >= 7  # guardian; twice robot, child and grandchild
    live.worker("survivor", WORKER_SLOTS="2")
    before = [history(live.schema, run) for run in (once, again)]
    worker.kill()
    killed = time.monotonic()
    until(lambda: not living(family), seconds=SLACK_SECONDS)
    until(lambda: statuses(live.schema, [once, again]) == ["lost", "running"])
    until(lambda: execution(live.schema, again).attempt == 2)
    assert time.monotonic() - killed < 1.5 * SHORT_LEASE_SECONDS + SLACK_SECONDS
    until(lambda: log(live.schema, again) == ["up", "up"])
    assert log(live.schema, once) == ["up"]
    cancel(live.schema, again)
    until(all_are(live.schema, [again], "cancelled"))
    assert history(live.schema, once) == before[0] + ["lost"]
    assert history(live.schema, again) == before[1] + ["retried", "started", "cancelled"]
    assert not named(mark)


def test_at_any_moment(live: Live) -> None:
    """Two of three workers are killed while runs begin and end by the dozen."""
    workers = [live.worker(name) for name in ("first", "second", "survivor")]
    once = accept(live.schema, "test.brief", number=100)
    again = accept(live.schema, "test.brief", number=60, max_attempts=3)
    for worker, ended in zip(workers, (40, 80), strict=False):
        until(lambda ended=ended: _ended(live, once + again) > ended)  # type: ignore[misc]
        worker.kill()
    until(all_ended(live.schema, once + again))
    assert statuses(live.schema, once).count("lost") <= 2 * SLOTS  # what the two held
    assert set(statuses(live.schema, again)) == {"completed"}
    for run in once + again:
        _check(live, run, BRIEF_LINES)


def _ended(live: Live, runs: list[UUID]) -> int:
    return sum(status in ENDS for status in statuses(live.schema, runs))


def _death(live: Live, worker: Process, disaster: Callable[[], None] | None) -> None:
    """Kills a worker with all its slots full; another one takes over."""
    again = accept(live.schema, "test.talking", number=6, max_attempts=3)
    once = accept(live.schema, "test.talking", number=6)
    torn = eventually(lambda: _filling(live, worker), seconds=60)
    worker.kill()
    killed = time.monotonic()
    if disaster:
        disaster()
    until(lambda: not any(_still_under_the_first_token(live, execution_id) for execution_id in torn))
    assert time.monotonic() - killed < 1.5 * SHORT_LEASE_SECONDS + SLACK_SECONDS
    until(all_ended(live.schema, again + once))

    for execution_id in again + once:
        _check(live, execution_id)
    assert set(statuses(live.schema, again)) == {"completed"}
    assert any("retried" in history(live.schema, e) or "lost" in history(live.schema, e) for e in torn)


def _talking(live: Live, executions: list[UUID]) -> set[UUID]:
    with tenant_context(live.schema):
        found = Execution.objects.filter(pk__in=executions, status="running", last_seq__gt=2)
        return set(found.values_list("pk", flat=True))


def _filling(live: Live, worker: Process) -> list[UUID]:
    """What the worker is in the midst of, once that is as much as it has slots; nothing before."""
    with tenant_context(live.schema):
        held = Execution.objects.filter(worker__endswith=f"/{worker.pid}", status="running", last_seq__gt=2)
        found = list(held.values_list("pk", flat=True))
        return found if len(found) == SLOTS else []


def _still_under_the_first_token(live: Live, execution_id: UUID) -> bool:
    found = execution(live.schema, execution_id)
    return found.status == "running" and str(found.token) == tokens(live.schema, execution_id)[0]


def _check(live: Live, execution_id: UUID, lines_of_an_attempt: int = TALKING_LINES) -> None:
    """One end, one token at a time, an unbroken log."""
    names = history(live.schema, execution_id)
    assert [name for name in names if name in ENDS] == names[-1:]
    assert ("started", "started") not in pairwise(names)
    assert len(set(tokens(live.schema, execution_id))) == names.count("started")
    ended, lines = execution(live.schema, execution_id), log(live.schema, execution_id)
    attempts = [line.split()[1] for line in lines]
    assert attempts == sorted(attempts)
    if ended.status == "completed":
        last = [line for line in lines if line.startswith(f"attempt {ended.attempt} ")]
        assert last == [f"attempt {ended.attempt} line {number + 1}" for number in range(lines_of_an_attempt)]
    else:
        assert (ended.status, ended.max_attempts) == ("lost", 1)
        assert ended.error_message == f"last seen at line {len(lines)}"


def _costs_nothing_before_its_process_started(live: Live, unready: UUID) -> None:
    until(lambda: history(live.schema, unready) == ["started", "requeued", "started"])
    found = execution(live.schema, unready)
    assert (found.attempt, found.false_starts) == (1, 1)
