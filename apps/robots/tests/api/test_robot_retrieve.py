from __future__ import annotations

import uuid

import pytest

from apps.accounts.models import User
from apps.robots.api.serializers import robots
from apps.robots.models import Robot
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import version_made
from apps.tenants.models import Organization


@pytest.fixture
def url(robot: Robot) -> str:
    return f"/api/v1/robots/{robot.pk}"


class TestPermissions(Guarded):
    pass


def test_it_works(client_of: Clients, viewer: User, organization: Organization, robot: Robot, url: str) -> None:
    for number in ("1.0.0", "1.1.0", "1.2.0-rc.1"):
        version_made(organization.schema_name, robot, version=number, activate=number == "1.1.0")
    body = client_of(viewer).get(url).json()
    assert [version["version"] for version in body["versions"]] == ["1.2.0-rc.1", "1.1.0", "1.0.0"]
    assert body["active_version"]["version"] == "1.1.0"
    assert [version["is_active"] for version in body["versions"]] == [False, True, False]


def test_only_the_newest_versions_are_shown(
    client_of: Clients,
    viewer: User,
    organization: Organization,
    robot: Robot,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(robots, "VERSIONS_SHOWN", 2)
    for number in ("1.0.0", "1.1.0", "1.2.0"):
        version_made(organization.schema_name, robot, version=number)
    body = client_of(viewer).get(url).json()
    assert [version["version"] for version in body["versions"]] == ["1.2.0", "1.1.0"]


def test_a_trailing_slash_means_nothing(client_of: Clients, viewer: User, url: str) -> None:
    assert client_of(viewer).get(f"{url}/").status_code == 200


def test_entity_tag(client_of: Clients, viewer: User, url: str) -> None:
    client = client_of(viewer)
    tag = client.get(url)["ETag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("robot_id", [uuid.uuid4(), "nonsense", "1"])
def test_unknown(client_of: Clients, viewer: User, robot_id: object) -> None:
    assert client_of(viewer).get(f"/api/v1/robots/{robot_id}").status_code == 404
