from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.executions.models import Status
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.services.runs import run_start
from apps.robots.tests.api.guarded import Clients
from apps.robots.tests.factories import robot_made, run_ended, run_made, system, version_made
from apps.tenants.models import Organization

URL = "/api/v1/runs/stats"


@pytest.fixture
def runs(organization: Organization, robot: Robot, version: RobotVersion) -> list[Run]:
    schema = organization.schema_name
    other = robot_made(schema, "Other")
    version_made(schema, other)
    done = [run_ended(run_made(schema, robot), seconds=number) for number in (1, 2, 3, 4)]
    failed = run_ended(run_made(schema, other), Status.FAILED, seconds=10)
    old = run_start(actor=system(schema), robot=robot, now=timezone.now() - timedelta(days=3))
    return [*done, failed, run_ended(old, seconds=100), run_made(schema, robot)]


def test_it_works(client_of: Clients, viewer: User, robot: Robot, runs: list[Run]) -> None:
    body = client_of(viewer).get(URL).json()
    total = body["total"]
    assert (total["runs"], total["success"], total["failed"], total["canceled"], total["lost"]) == (7, 5, 1, 0, 0)
    assert total["p50_seconds"] == pytest.approx(3.5)
    assert [(day["runs"], day["p50_seconds"]) for day in body["by_day"]] == [(1, 100.0), (6, 3.0)]
    assert [(entry["robot_name"], entry["runs"], entry["p95_seconds"]) for entry in body["by_robot"]] == [
        (robot.name, 6, pytest.approx(80.8)),
        ("Other", 1, 10.0),
    ]
    assert {entry["status"]: entry["runs"] for entry in body["by_status"]} == {"SUCCESS": 5, "FAILED": 1, "PENDING": 1}


def test_of_one_robot_and_time(client_of: Clients, viewer: User, robot: Robot, runs: list[Run]) -> None:
    since = (timezone.now() - timedelta(days=1)).isoformat()
    body = client_of(viewer).get(URL, {"robot_id": str(robot.pk), "since": since}).json()
    assert (body["total"]["runs"], body["total"]["p50_seconds"]) == (5, 2.5)


def test_without_runs(client_of: Clients, viewer: User) -> None:
    body = client_of(viewer).get(URL).json()
    assert (body["total"]["runs"], body["total"]["p50_seconds"], body["by_day"]) == (0, None, [])


def test_only_of_robots_whose_runs_may_be_read(
    client_of: Clients, viewer: User, runs: list[Run], grant: Callable[..., Any]
) -> None:
    grant(viewer, "run.read", runs[4].robot)
    assert client_of(viewer).get(URL).json()["total"]["runs"] == 1


def test_few_queries(client_of: Clients, viewer: User, runs: list[Run]) -> None:
    client = client_of(viewer)
    with CaptureQueriesContext(connection) as captured:
        client.get(URL)
    assert len(captured) <= 8


@pytest.mark.parametrize("query", [{"since": "x"}, {"robot_id": "x"}, {"status": "FAILED"}])
def test_wrong_query(client_of: Clients, viewer: User, query: dict[str, str]) -> None:
    assert client_of(viewer).get(URL, query).status_code == 422


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_without_the_right(client_of: Clients, stranger: User) -> None:
    assert client_of(stranger).get(URL).status_code == 403
