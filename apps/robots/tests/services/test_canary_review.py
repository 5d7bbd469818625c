"""What becomes of a canary that fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from django.utils import timezone

from apps.events.models import Event
from apps.executions.models import Status
from apps.robots.kind.robot_kind import RobotKind
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.selectors.canaries import CanaryRecord
from apps.robots.services.canaries import fails_too_often
from apps.robots.services.versions import version_activate
from apps.robots.tests.factories import run_ended, run_made, system, version_made
from apps.tenants.context import current_schema
from apps.tenants.models import Organization

Ended = Callable[..., Run]


def tell(run: Run, event: str) -> None:
    with transaction.atomic():
        RobotKind().changed(run.execution, event=event, actor=system(current_schema()), now=timezone.now())


@pytest.fixture
def canary(organization: Organization, robot: Robot, version: RobotVersion) -> RobotVersion:
    """Version 2.0.0, which takes half of the runs."""
    newer = version_made(organization.schema_name, robot, version="2.0.0", activate=False)
    actor = system(organization.schema_name)
    return version_activate(actor=actor, robot=robot, version=newer, percent=50, now=timezone.now())


@pytest.fixture
def ended(organization: Organization, robot: Robot, canary: RobotVersion) -> Ended:
    """A run of the canary that ended, and of which the ledger has heard."""

    def end(status: Status = Status.FAILED, *, is_canary: bool = True) -> Run:
        run = run_made(organization.schema_name, robot, version=canary)
        Run.objects.filter(pk=run.pk).update(is_canary=is_canary)
        run_ended(run, status)
        tell(run, str(status))
        return run

    return end


def test_it_works(robot: Robot, ended: Ended) -> None:
    ended()
    robot.refresh_from_db()
    assert robot.canary_percent == 50
    ended()
    robot.refresh_from_db()
    assert (robot.canary_version, robot.canary_percent, robot.canary_started_at) == (None, 0, None)
    assert "2.0.0" in robot.canary_note
    assert "2" in robot.canary_note
    facts = Event.objects.get(name="version.canary_rolled_back").data
    assert (facts["finished"], facts["failed"]) == (2, 2)
    ended()  # one that was still running changes nothing any more
    assert Event.objects.filter(name="version.canary_rolled_back").count() == 1


def test_one_that_works_stays(robot: Robot, ended: Ended) -> None:
    for _run in range(6):
        ended(Status.COMPLETED)
    ended()
    robot.refresh_from_db()
    assert robot.canary_percent == 50


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.LOST])
def test_runs_that_say_nothing_about_it(robot: Robot, ended: Ended, status: Status) -> None:
    for _run in range(4):
        ended(status)
    robot.refresh_from_db()
    assert robot.canary_percent == 50


def test_runs_that_asked_for_the_version(robot: Robot, ended: Ended) -> None:
    for _run in range(4):
        ended(is_canary=False)
    robot.refresh_from_db()
    assert robot.canary_percent == 50


@pytest.mark.parametrize(
    ("finished", "failed", "expected"),
    [(0, 0, False), (1, 1, False), (2, 2, True), (5, 1, False), (5, 2, True), (10, 2, False), (10, 3, True)],
)
def test_threshold(finished: int, failed: int, expected: bool) -> None:
    """More than 20 percent, counted as if at least 5 runs had ended."""
    assert fails_too_often(CanaryRecord(finished, failed)) is expected
