"""Workers die by SIGKILL in the middle of everything: no run is lost, doubled or torn, and recovery is quick."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from uuid import UUID

import pytest

from apps.events.models import Event
from apps.executions.models import Execution
from apps.tenants.context import tenant_context
from tests.engine import accept, all_ended, execution, history, log, statuses, tokens, until
from tests.kinds import TALKING_LINES
from tests.live import SHORT_LEASE_SECONDS, Live, Process

pytestmark = pytest.mark.usefixtures("short_leases")
SLACK_SECONDS = 0.7  # of a busy machine
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


def _death(live: Live, worker: Process, disaster: Callable[[], None] | None) -> None:
    """Kills a worker with all its slots full; another one takes over."""
    again = accept(live.schema, "test.talking", number=6, max_attempts=3)
    once = accept(live.schema, "test.talking", number=6)
    until(lambda: len(_talking(live, again + once)) == 8)
    torn = _held_by(live, worker)
    worker.kill()
    killed = time.monotonic()
    if disaster:
        disaster()
    until(lambda: not any(_still_under_the_first_token(live, execution_id) for execution_id in torn))
    assert time.monotonic() - killed < 1.5 * SHORT_LEASE_SECONDS + SLACK_SECONDS
    until(all_ended(live.schema, again + once), seconds=30)

    for execution_id in again + once:
        _check(live, execution_id)
    assert set(statuses(live.schema, again)) == {"completed"}
    assert any("retried" in history(live.schema, e) or "lost" in history(live.schema, e) for e in torn)


def _talking(live: Live, executions: list[UUID]) -> set[UUID]:
    with tenant_context(live.schema):
        found = Execution.objects.filter(pk__in=executions, status="running", last_seq__gt=2)
        return set(found.values_list("pk", flat=True))


def _held_by(live: Live, worker: Process) -> list[UUID]:
    with tenant_context(live.schema):
        held = Execution.objects.filter(worker__endswith=f"/{worker.pid}", status="running")
        return list(held.values_list("pk", flat=True))


def _still_under_the_first_token(live: Live, execution_id: UUID) -> bool:
    found = execution(live.schema, execution_id)
    return found.status == "running" and str(found.token) == tokens(live.schema, execution_id)[0]


def _check(live: Live, execution_id: UUID) -> None:
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
        assert last == [f"attempt {ended.attempt} line {number}" for number in range(1, TALKING_LINES + 1)]
    else:
        assert (ended.status, ended.max_attempts) == ("lost", 1)
        assert ended.error_message == f"last seen at line {len(lines)}"


def _costs_nothing_before_its_process_started(live: Live, unready: UUID) -> None:
    until(lambda: history(live.schema, unready) == ["started", "requeued", "started"])
    found = execution(live.schema, unready)
    assert (found.attempt, found.false_starts) == (1, 1)
