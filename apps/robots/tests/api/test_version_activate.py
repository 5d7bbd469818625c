from __future__ import annotations

import uuid
from typing import Any

import pytest

from apps.accounts.models import User
from apps.events.models import Event
from apps.robots.models import Robot, RobotVersion
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import version_made
from apps.tenants.models import Organization


@pytest.fixture
def newer(organization: Organization, robot: Robot, version: RobotVersion) -> RobotVersion:
    return version_made(organization.schema_name, robot, version="1.1.0", activate=False)


@pytest.fixture
def url(robot: Robot, newer: RobotVersion) -> str:
    return f"/api/v1/robots/{robot.pk}/versions/{newer.pk}/activate"


class TestPermissions(Guarded):
    method = "post"
    without = ("stranger", "viewer", "teammate")


def test_it_works(client_of: Clients, maintainer: User, version: RobotVersion, newer: RobotVersion, url: str) -> None:
    answer = client_of(maintainer).post(url)
    assert answer.status_code == 200, answer.json()
    assert answer.json()["is_active"] is True
    version.refresh_from_db()
    assert not version.is_active
    assert Event.objects.filter(name="version.activated", subject_id=str(newer.pk)).count() == 1


def test_twice_is_the_same(client_of: Clients, maintainer: User, url: str) -> None:
    client = client_of(maintainer)
    assert [client.post(url).status_code for _time in range(2)] == [200, 200]
    assert RobotVersion.objects.filter(is_active=True).count() == 1


def test_a_share_of_the_runs(
    client_of: Clients, maintainer: User, robot: Robot, version: RobotVersion, newer: RobotVersion, url: str
) -> None:
    client = client_of(maintainer)
    assert client.post(url, {"percent": 10}).json()["is_active"] is False
    version.refresh_from_db()
    assert version.is_active
    canary = client.get(f"/api/v1/robots/{robot.pk}").json()["canary"]
    assert canary["version"]["id"] == str(newer.pk)
    assert (canary["percent"], canary["finished_runs"], canary["failed_runs"]) == (10, 0, 0)


def test_activating_in_full_ends_a_canary(client_of: Clients, maintainer: User, robot: Robot, url: str) -> None:
    client = client_of(maintainer)
    client.post(url, {"percent": 10})
    client.post(url, {"percent": 100})
    body = client.get(f"/api/v1/robots/{robot.pk}").json()
    assert body["canary"] is None
    assert body["active_version"]["version"] == "1.1.0"


def test_a_canary_needs_another_active_version(
    client_of: Clients, maintainer: User, robot: Robot, version: RobotVersion
) -> None:
    url = f"/api/v1/robots/{robot.pk}/versions/{version.pk}/activate"
    answer = client_of(maintainer).post(url, {"percent": 10})
    assert answer.status_code == 409
    assert answer.json()["error_code"] == "canary_without_active_version"


@pytest.mark.parametrize("body", [{"percent": 0}, {"percent": 101}, {"percent": "10"}, {"percentage": 10}])
def test_wrong_shape(client_of: Clients, maintainer: User, url: str, body: dict[str, Any]) -> None:
    assert client_of(maintainer).post(url, body).status_code == 422


def test_unknown(client_of: Clients, maintainer: User, robot: Robot) -> None:
    url = f"/api/v1/robots/{robot.pk}/versions/{uuid.uuid4()}/activate"
    assert client_of(maintainer).post(url).status_code == 404
