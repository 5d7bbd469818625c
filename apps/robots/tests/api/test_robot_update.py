from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import User
from apps.events.models import Event
from apps.robots.models import Robot
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import robot_made
from apps.tenants.models import Organization


@pytest.fixture
def url(robot: Robot) -> str:
    return f"/api/v1/robots/{robot.pk}"


class TestPermissions(Guarded):
    method = "patch"
    body = {"description": "x"}
    without = ("stranger", "viewer", "teammate")


def test_it_works(client_of: Clients, maintainer: User, robot: Robot, url: str) -> None:
    answer = client_of(maintainer).patch(url, {"name": "Renamed", "tags": ["b", "a", "b"], "pool": "gpu"})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["name"] == "Renamed"
    assert answer.json()["tags"] == ["a", "b"]
    assert answer.json()["pool"] == "gpu"
    assert Event.objects.get(name="robot.updated").data == {"changed": ["name", "tags", "pool"]}


def test_nothing_new_is_no_event(client_of: Clients, maintainer: User, robot: Robot, url: str) -> None:
    assert client_of(maintainer).patch(url, {"name": robot.name}).status_code == 200
    assert not Event.objects.filter(name="robot.updated").exists()


def test_name_is_taken(
    client_of: Clients, maintainer: User, organization: Organization, robot: Robot, url: str
) -> None:
    robot_made(organization.schema_name, "Payroll")
    answer = client_of(maintainer).patch(url, {"name": "PAYROLL"})
    assert answer.status_code == 409
    assert answer.json()["error_code"] == "robot_name_taken"


def test_stale_entity_tag(client_of: Clients, maintainer: User, robot: Robot, url: str) -> None:
    client = client_of(maintainer)
    tag = client.get(url)["ETag"]
    fresh = client.patch(url, {"description": "first"}, headers={"If-Match": tag})
    assert fresh.status_code == 200
    stale = client.patch(url, {"description": "second"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    robot.refresh_from_db()
    assert robot.description == "first"
    assert client.patch(url, {"description": "third"}, headers={"If-Match": fresh["ETag"]}).status_code == 200


@pytest.mark.parametrize("body", [{"name": "ab"}, {"name": None}, {"tags": "rh"}, {"id": "x"}, {"archived_at": None}])
def test_wrong_shape(client_of: Clients, maintainer: User, url: str, body: dict[str, Any]) -> None:
    assert client_of(maintainer).patch(url, body).status_code == 422
