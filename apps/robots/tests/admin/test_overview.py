"""The first page of the back-office: figures, what waits, what failed, and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.common.errors import PermissionDenied
from apps.executions.models import Execution, Status
from apps.robots.admin.overview import HEIGHT, chart_of
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.selectors.overview import DAYS, Figures, overview
from apps.robots.services.runs import run_retry
from apps.robots.tests.admin.conftest import Browser
from apps.robots.tests.factories import robot_made, run_ended, run_made, system, version_made
from apps.tenants.models import Organization

UTC = ZoneInfo("UTC")
QUERIES = 4  # that of the program, which needs no look at its rights
PAGE_QUERIES = 8


def seen(organization: Organization, **given: Any) -> Any:
    defaults: dict[str, Any] = {"actor": system(organization.schema_name), "zone": UTC, "now": timezone.now()}
    return overview(**defaults | given)


def test_it_works(organization: Organization, version: RobotVersion) -> None:
    schema, robot = organization.schema_name, version.robot
    for seconds in (10, 20):
        run_ended(run_made(schema, robot), seconds=seconds)
    failed = run_ended(run_made(schema, robot), Status.FAILED, error_message="Process returned exit code 3")
    run_ended(run_made(schema, robot), Status.CANCELLED)
    run_made(schema, robot)
    found = seen(organization)
    assert len(found.days) == DAYS
    assert (found.today.runs, found.today.completed, found.today.failed, found.today.cancelled) == (5, 2, 1, 1)
    assert found.today.unfinished == 1
    assert found.today.success_rate == pytest.approx(2 / 3)
    assert found.today.p95_seconds == pytest.approx(19.5)
    assert (found.waiting, found.running) == (1, 0)
    assert [run.pk for run in found.failures] == [failed.pk]


def test_days_are_those_of_the_zone(organization: Organization, run: Run) -> None:
    noon = timezone.now().replace(hour=12)
    Execution.objects.filter(pk=run.pk).update(queued_at=noon.replace(hour=2) - timedelta(days=1))
    by_zone = {zone: seen(organization, zone=ZoneInfo(zone), now=noon).days for zone in ("UTC", "America/Sao_Paulo")}
    assert [day.runs for day in by_zone["UTC"]][-3:] == [0, 1, 0]
    assert [day.runs for day in by_zone["America/Sao_Paulo"]][-3:] == [1, 0, 0]


def test_what_was_run_again_needs_no_look(organization: Organization, run: Run) -> None:
    failed = run_ended(run, Status.FAILED)
    run_retry(actor=system(organization.schema_name), run=failed, now=timezone.now())
    assert not seen(organization).failures


def test_failures_of_one_robot_are_told_once(organization: Organization, version: RobotVersion) -> None:
    schema = organization.schema_name
    other = robot_made(schema, "Another")
    version_made(schema, other)
    run_ended(run_made(schema, version.robot), Status.FAILED)
    once = run_ended(run_made(schema, other), Status.LOST)
    latest = run_ended(run_made(schema, version.robot), Status.FAILED)
    found = seen(organization).failures
    assert [(run.pk, run.times) for run in found] == [(latest.pk, 2), (once.pk, 1)]


def test_only_runs_that_may_be_read(
    viewer: User,
    organization: Organization,
    run: Run,
    grant: Callable[..., Any],
    actor: Callable[[User], Any],
) -> None:
    other = robot_made(organization.schema_name, "The only one seen")
    version_made(organization.schema_name, other)
    run_ended(run, Status.FAILED)
    mine = run_made(organization.schema_name, other)
    grant(viewer, "run.read", other)
    found = seen(organization, actor=actor(viewer))
    assert (found.today.runs, found.waiting, list(found.failures)) == (1, 1, [])
    assert mine.robot_id == other.pk


def test_without_the_right_there_is_nothing(
    stranger: User, organization: Organization, actor: Callable[[User], Any], browser: Browser
) -> None:
    with pytest.raises(PermissionDenied):
        seen(organization, actor=actor(stranger))
    page = browser(stranger).get("/admin/").content.decode()
    assert "Runs today" not in page


@pytest.mark.parametrize("runs", [5, 50])
def test_queries_are_counted(organization: Organization, version: RobotVersion, runs: int) -> None:
    for number in range(runs):
        run_ended(run_made(organization.schema_name, version.robot), Status.FAILED if number % 2 else Status.COMPLETED)
    with CaptureQueriesContext(connection) as queries:
        seen(organization)
    assert len(queries) == QUERIES


@pytest.mark.parametrize("runs", [0, 20])
def test_the_whole_page_is_counted(
    owner: User, browser: Browser, organization: Organization, version: RobotVersion, runs: int
) -> None:
    for _number in range(runs):
        run_ended(run_made(organization.schema_name, version.robot), Status.FAILED)
    client = browser(owner)
    client.get("/admin/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/admin/").status_code == 200
    assert len(queries) == PAGE_QUERIES, [query["sql"][:120] for query in queries]


def test_who_begins_is_told_what_to_do(owner: User, browser: Browser, organization: Organization) -> None:
    page = browser(owner).get("/admin/").content.decode()
    assert "What to do next" in page
    assert "/admin/robots/robot/add/" in page
    robot = robot_made(organization.schema_name)
    assert "/admin/robots/robot/add/" not in browser(owner).get("/admin/").content.decode()
    version_made(organization.schema_name, robot)
    run_made(organization.schema_name, robot)
    assert "What to do next" not in browser(owner).get("/admin/").content.decode()


def test_the_highest_bar_is_as_high_as_the_chart() -> None:
    chart = chart_of([Figures(None), Figures(None, runs=4, completed=2, failed=1, cancelled=1), Figures(None, runs=2)])
    assert chart.most == 4
    assert [len(bar.pieces) for bar in chart.bars] == [0, 3, 1]
    assert sum(piece.height for piece in chart.bars[1].pieces) == pytest.approx(HEIGHT)
    assert chart.bars[1].pieces[-1].top == pytest.approx(0)
    assert chart.bars[2].pieces[0].kind == "busy"


def test_a_robot_that_was_put_away_begins_nothing(organization: Organization, robot: Robot) -> None:
    Robot.objects.filter(pk=robot.pk).update(archived_at=timezone.now())
    assert not seen(organization).has_robot
