from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.events.models import Event
from apps.robots.models import Robot
from apps.robots.services import robots
from apps.robots.tests.api.guarded import Clients, Guarded


@pytest.fixture
def url(robot: Robot) -> str:
    return f"/api/v1/robots/{robot.pk}"


class TestPermissions(Guarded):
    method = "delete"
    without = ("stranger", "viewer", "teammate")


def test_it_works(client_of: Clients, maintainer: User, robot: Robot, url: str) -> None:
    client = client_of(maintainer)
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    robot.refresh_from_db()
    assert robot.archived_at is not None
    assert Event.objects.filter(name="robot.archived", subject_id=str(robot.pk)).count() == 1


def test_twice(client_of: Clients, maintainer: User, url: str) -> None:
    client = client_of(maintainer)
    client.delete(url)
    assert client.delete(url).status_code == 404


def test_its_name_becomes_free(client_of: Clients, maintainer: User, robot: Robot, url: str) -> None:
    client = client_of(maintainer)
    client.delete(url)
    assert client.post("/api/v1/robots", {"name": robot.name}).status_code == 201


def test_while_something_uses_it(
    client_of: Clients, maintainer: User, robot: Robot, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "robot_use_checks", [lambda used: ["Payroll"] if used.pk == robot.pk else []])
    answer = client_of(maintainer).delete(url)
    assert answer.status_code == 409
    assert answer.json()["error_code"] == "robot_in_use"
    assert answer.json()["used_by"] == ["Payroll"]
    robot.refresh_from_db()
    assert robot.archived_at is None
