from __future__ import annotations

import uuid

import pytest

from apps.accounts.models import User
from apps.robots.models import Robot, RobotVersion
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import robot_made, version_made
from apps.tenants.models import Organization


class TestListPermissions(Guarded):
    @pytest.fixture
    def url(self, robot: Robot) -> str:
        return f"/api/v1/robots/{robot.pk}/versions"


class TestReadPermissions(Guarded):
    @pytest.fixture
    def url(self, robot: Robot, version: RobotVersion) -> str:
        return f"/api/v1/robots/{robot.pk}/versions/{version.pk}"


def test_it_works(client_of: Clients, viewer: User, organization: Organization, robot: Robot) -> None:
    for number in ("1.0.0", "1.1.0", "1.2.0"):
        version_made(organization.schema_name, robot, version=number)
    body = client_of(viewer).get(f"/api/v1/robots/{robot.pk}/versions", {"limit": 2}).json()
    assert [version["version"] for version in body["versions"]] == ["1.2.0", "1.1.0"]
    assert body["pagination"] == {"page": 1, "limit": 2, "total": 3, "pages": 2}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"ordering": "created_at"}, ["1.0.0", "1.1.0", "2.0.0"]),
        ({"ordering": "-created_at"}, ["2.0.0", "1.1.0", "1.0.0"]),
        ({"search": "1."}, ["1.1.0", "1.0.0"]),
        ({"search": "FASTER"}, ["2.0.0"]),
    ],
)
def test_ordered_and_searched(
    client_of: Clients,
    viewer: User,
    organization: Organization,
    robot: Robot,
    query: dict[str, str],
    expected: list[str],
) -> None:
    for number, words in (("1.0.0", ""), ("1.1.0", ""), ("2.0.0", "Faster now")):
        version_made(organization.schema_name, robot, version=number, changelog=words)
    body = client_of(viewer).get(f"/api/v1/robots/{robot.pk}/versions", query).json()
    assert [version["version"] for version in body["versions"]] == expected


@pytest.mark.parametrize("query", [{"ordering": "version"}, {"ordering": ""}, {"channel": "stable"}])
def test_wrong_query(client_of: Clients, viewer: User, robot: Robot, query: dict[str, str]) -> None:
    assert client_of(viewer).get(f"/api/v1/robots/{robot.pk}/versions", query).status_code == 422


def test_one(client_of: Clients, viewer: User, robot: Robot, version: RobotVersion) -> None:
    body = client_of(viewer).get(f"/api/v1/robots/{robot.pk}/versions/{version.pk}").json()
    assert body["version"] == "1.0.0"
    assert body["is_active"] is True


def test_of_another_robot(client_of: Clients, viewer: User, organization: Organization, version: RobotVersion) -> None:
    other = robot_made(organization.schema_name, "Other")
    answer = client_of(viewer).get(f"/api/v1/robots/{other.pk}/versions/{version.pk}")
    assert answer.status_code == 404
    assert answer.json()["error_code"] == "version_not_found"


def test_unknown(client_of: Clients, viewer: User, robot: Robot) -> None:
    assert client_of(viewer).get(f"/api/v1/robots/{robot.pk}/versions/{uuid.uuid4()}").status_code == 404
