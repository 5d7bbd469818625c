"""A worker is cut off from PostgreSQL, and from nothing else, or sleeps: its robots end before others get its work."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

import psutil
import pytest
from django.db.models.functions import Now

from apps.dispatch.models import Ticket
from apps.tenants.context import public_context
from tests.engine import (
    SLACK_SECONDS,
    accept,
    all_are,
    cancel,
    execution,
    history,
    log,
    statuses,
    tokens,
    until,
)
from tests.live import SHORT_LEASE_SECONDS, Live
from tests.proxy import proxy
from tests.robots import TALKING, living, processes_of, run_robot

pytestmark = pytest.mark.usefixtures("short_leases")


@pytest.mark.parametrize("harm", ["frozen", "cut", "paused"])
def test_it_works(live: Live, harm: str) -> None:
    with proxy(live.home.url) as road:
        cut_off = live.worker("cut-off", WORKER_SLOTS="3", DATABASE_URL=road.url)
        once, again = run_robot(live.schema, TALKING), run_robot(live.schema, TALKING, max_attempts=2)
        [told] = accept(live.schema, "test.endless", max_attempts=2)
        _talk(live, once, again, told)
        robots = processes_of(once) + processes_of(again)
        live.worker("other", WORKER_SLOTS="2")
        before = _histories(live, once, again, told)

        {"frozen": road.freeze, "cut": road.cut, "paused": cut_off.pause}[harm]()
        _robots_end_in_time(robots, lambda: _is_taken(live, once, again))
        until(lambda: _is_taken(live, once) and _is_taken(live, again) and _is_taken(live, told))

        {"frozen": road.thaw, "cut": road.mend, "paused": cut_off.resume}[harm]()
        done = accept(live.schema, "test.done", number=3)  # the other's slots are taken: only who was cut off can
        until(all_are(live.schema, done, "completed"))
        assert cut_off.running
        _nothing_came_of_what_it_had(live, once, [again, told])
    assert _histories(live, once) == [before[0] + ["lost"]]
    assert _histories(live, again, told) == [[*begun, "retried", "started", "cancelled"] for begun in before[1:]]
    assert not processes_of(once)
    assert not processes_of(again)


def test_away_for_all(live: Live) -> None:
    """Its own work is what the worker finds when PostgreSQL is back."""
    with proxy(live.home.url) as road:
        live.worker(WORKER_SLOTS="2", DATABASE_URL=road.url)
        once, again = run_robot(live.schema, TALKING), run_robot(live.schema, TALKING, max_attempts=2)
        _talk(live, once, again)
        robots = processes_of(once) + processes_of(again)
        before = _histories(live, once, again)
        road.cut()
        _robots_end_in_time(robots, lambda: _is_taken(live, once, again))
        until(_leases_are_over)
        road.mend()
        back = time.monotonic()
        until(lambda: statuses(live.schema, [once]) == ["lost"] and execution(live.schema, again).attempt == 2)
        assert time.monotonic() - back < SHORT_LEASE_SECONDS / 2 + SLACK_SECONDS
        cancel(live.schema, again)
        until(all_are(live.schema, [again], "cancelled"))
        after = [before[0] + ["lost"], before[1] + ["retried", "started", "cancelled"]]
        assert _histories(live, once, again) == after


def _talk(live: Live, *runs: UUID) -> None:
    until(lambda: min(execution(live.schema, run).last_seq for run in runs) > 2)


def _histories(live: Live, *runs: UUID) -> list[list[str]]:
    return [history(live.schema, run) for run in runs]


def _leases_are_over() -> bool:
    with public_context():
        return not Ticket.objects.filter(lease_until__gt=Now()).exists()


def _robots_end_in_time(robots: list[psutil.Process], work_is_taken: Callable[[], bool]) -> None:
    """Not one lives when others have their work."""
    assert len(living(robots)) >= 2
    cut = time.monotonic()

    def ended() -> bool:
        taken = work_is_taken()
        left = living(robots)
        assert not (taken and left)
        return not left

    until(ended)
    assert time.monotonic() - cut < 1.5 * SHORT_LEASE_SECONDS + SLACK_SECONDS


def _is_taken(live: Live, *runs: UUID) -> bool:
    """Whether one of these is lost to whoever had it, or somebody else's by now."""
    found = [execution(live.schema, run) for run in runs]
    return any(one.status == "lost" or (one.attempt == 2 and one.token) for one in found)


def _nothing_came_of_what_it_had(live: Live, once: UUID, again: list[UUID]) -> None:
    """One end, one token at a time, an unbroken log; the second attempts have gone on undisturbed."""
    held = [execution(live.schema, torn).token for torn in again]
    seen = [execution(live.schema, torn).last_seq for torn in again]
    until(lambda: all(execution(live.schema, e).last_seq > line + 5 for e, line in zip(again, seen, strict=True)))
    assert [execution(live.schema, torn).token for torn in again] == held
    for torn in again:
        cancel(live.schema, torn)
    until(all_are(live.schema, again, "cancelled"))
    assert execution(live.schema, once).error_message == f"last seen at line {len(log(live.schema, once))}"
    robot, told = again
    assert len(set(tokens(live.schema, told))) == history(live.schema, told).count("started")
    assert log(live.schema, robot).count("line 1") == 2
