from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.executions.models import Status
from apps.robots.models import Robot, Run
from apps.robots.services.robots import robot_archive
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import run_ended, run_made, system, version_made
from apps.tenants.models import Organization


@pytest.fixture
def url(run: Run) -> str:
    run_ended(run, Status.FAILED)
    return f"/api/v1/runs/{run.pk}/retry"


class TestPermissions(Guarded):
    method = "post"
    sees = "run.read"
    without = ("stranger", "viewer")


def test_it_works(client_of: Clients, teammate: User, organization: Organization, robot: Robot) -> None:
    schema = organization.schema_name
    version_made(schema, robot, version="1.0.0", arguments=["--a"], env_vars={"A": "1", "B": "1"})
    first = run_made(
        schema,
        robot,
        runtime_arguments=["--b"],
        runtime_env={"B": "2"},
        parameters={"p": [1]},
        priority=7,
        timeout_seconds=11,
    )
    run_ended(first, Status.FAILED)
    version_made(schema, robot, version="2.0.0", arguments=["--other"])
    answer = client_of(teammate).post(f"/api/v1/runs/{first.pk}/retry")
    assert answer.status_code == 202, answer.json()
    body: dict[str, Any] = answer.json()
    assert body["id"] != str(first.pk)
    assert (body["retry_of"], body["trigger_type"]) == (str(first.pk), "RETRY")
    assert (body["status"], body["priority"], body["timeout_seconds"]) == ("PENDING", 7, 11)
    again = Run.objects.get(pk=body["id"])
    frozen = ("version_id", "arguments", "environment", "parameters")
    assert [getattr(again, name) for name in frozen] == [getattr(first, name) for name in frozen]
    assert again.arguments == ["--a", "--b"]
    assert again.environment == {"A": "1", "B": "2"}


@pytest.mark.parametrize("status", [Status.PENDING, Status.RUNNING])
def test_not_finished(client_of: Clients, teammate: User, run: Run, status: Status) -> None:
    answer = client_of(teammate).post(f"/api/v1/runs/{run.pk}/retry")
    assert (answer.status_code, answer.json()["error_code"]) == (409, "run_not_finished")


def test_archived_robot(client_of: Clients, teammate: User, organization: Organization, robot: Robot, url: str) -> None:
    robot_archive(actor=system(organization.schema_name), robot=robot, now=timezone.now())
    answer = client_of(teammate).post(url)
    assert (answer.status_code, answer.json()["error_code"]) == (409, "robot_archived")
