"""API keys that hold one action and nothing else: it is enough for that action, and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services.api_keys import api_key_create
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.tests.factories import artifact_made, robot_made, run_ended, uploaded
from apps.tenants.models import Organization

Keyed = Callable[..., APIClient]


@pytest.fixture
def keyed(owner: User, actor: Any) -> Keyed:
    """A client with a key of the owner's that is scoped to these actions."""

    def client(*actions: str) -> APIClient:
        _row, key = api_key_create(actor=actor(owner), name="k", permissions=actions, now=timezone.now())
        api = APIClient(SERVER_NAME="localhost")
        api.credentials(HTTP_X_API_KEY=key)
        return api

    return client


def test_it_works(keyed: Keyed, robot: Robot, version: RobotVersion) -> None:
    client = keyed("robot.run")
    answer = client.post(f"/api/v1/runs/{robot.pk}/execute", {"version_id": str(version.pk)})
    assert answer.status_code == 202, answer.json()
    assert answer.json()["trigger_type"] == "API"
    for path in (f"robots/{robot.pk}", f"runs/{answer.json()['id']}", "runs", "robots"):
        assert client.get(f"/api/v1/{path}").status_code == 403, path


def test_publishing(keyed: Keyed) -> None:
    client = keyed("robot.publish")
    described = json.dumps({"version": "1.0.0"})
    body = {"name": "Closing", "initial_version": described, "artifact": uploaded()}
    made = client.post("/api/v1/robots", body, format="multipart")
    assert made.status_code == 201, made.json()
    url = f"/api/v1/robots/{made.json()['id']}"
    published = client.post(f"{url}/versions/publish", {"version": "2.0.0", "artifact": uploaded()}, format="multipart")
    assert published.status_code == 201, published.json()
    version = published.json()["id"]
    assert client.post(f"{url}/versions/{version}/activate").status_code == 200
    assert client.patch(f"{url}/tags", {"tags": ["a"]}).status_code == 200
    assert client.patch(url, {"description": "x"}).status_code == 200
    schedule = client.post(f"{url}/schedules", {"cron": "* * * * *"})
    assert schedule.status_code == 201
    assert client.patch(f"{url}/schedules/{schedule.json()['id']}", {"enabled": False}).status_code == 200
    assert client.get(url).status_code == 403
    assert client.delete(url).status_code == 204


def test_cancelling_and_retrying(keyed: Keyed, run: Run) -> None:
    url = f"/api/v1/runs/{run.pk}"
    assert keyed("robot.run").post(f"{url}/cancel").status_code == 403
    assert keyed("run.cancel").post(f"{url}/cancel").status_code == 202
    assert keyed("run.cancel").post(f"{url}/retry").status_code == 403
    assert keyed("robot.run").post(f"{url}/retry").status_code == 202


def test_downloading(keyed: Keyed, run: Run) -> None:
    artifact = artifact_made(run_ended(run), b"x")
    url = f"/api/v1/runs/{run.pk}/artifacts"
    assert keyed("artifact.download").get(f"{url}/{artifact.pk}/download").status_code == 200
    assert keyed("run.read").get(f"{url}/{artifact.pk}/download").status_code == 403
    assert keyed("run.read").get(url).status_code == 200


def test_beyond_its_makers_grants(
    keyed: Keyed, owner: User, organization: Organization, robot: Robot, version: RobotVersion, grant: Any
) -> None:
    grant(owner, "robot.run", robot_made(organization.schema_name, "Other"))
    assert keyed("robot.run").post(f"/api/v1/runs/{robot.pk}/execute").status_code == 403
    assert keyed("robot.run", "robot.read").post(f"/api/v1/runs/{robot.pk}/execute").status_code == 403


def test_what_its_maker_does_not_see(
    keyed: Keyed, owner: User, organization: Organization, robot: Robot, version: RobotVersion, grant: Any
) -> None:
    grant(owner, "robot.read", robot_made(organization.schema_name, "Other"))
    assert keyed("robot.run").post(f"/api/v1/runs/{robot.pk}/execute").status_code == 404
