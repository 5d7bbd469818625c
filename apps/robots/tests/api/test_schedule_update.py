from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import User
from apps.robots.models import Robot, Schedule
from apps.robots.tests.api.guarded import Clients, Guarded


@pytest.fixture
def url(robot: Robot, schedule: Schedule) -> str:
    return f"/api/v1/robots/{robot.pk}/schedules/{schedule.pk}"


class TestPermissions(Guarded):
    method = "patch"
    body = {"enabled": False}
    without = ("stranger", "viewer", "teammate")


def test_it_works(client_of: Clients, maintainer: User, url: str, schedule: Schedule) -> None:
    client = client_of(maintainer)
    tag = client.get(url)["ETag"]
    off = client.patch(url, {"enabled": False}, headers={"If-Match": tag})
    assert (off.status_code, off.json()["next_firings"]) == (200, [])
    schedule.refresh_from_db()
    assert schedule.next_due_at is None
    assert client.patch(url, {"enabled": True}, headers={"If-Match": tag}).status_code == 412
    on = client.patch(url, {"enabled": True, "cron": "0 0 1 1 *", "timezone": "UTC"}).json()
    assert all(firing.endswith("-01-01T00:00:00Z") for firing in on["next_firings"])


def test_what_can_never_be_meant(client_of: Clients, maintainer: User, url: str, schedule: Schedule) -> None:
    client = client_of(maintainer)
    for body in ({"cron": "* * * *"}, {"timezone": "Mars/Olympus"}, {"window_start": "08:00"}):
        answer = client.patch(url, body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_schedule")
    schedule.refresh_from_db()
    assert (schedule.cron, schedule.timezone) == ("30 8 * * 1-5", "America/Sao_Paulo")


@pytest.mark.parametrize("wrong", [{"cron": "bad"}, {"timezone": "Mars/Olympus"}, {"window_start": "08:00"}])
def test_what_can_never_be_meant_while_it_is_off(
    client_of: Clients, maintainer: User, url: str, schedule: Schedule, wrong: dict[str, Any]
) -> None:
    client = client_of(maintainer)
    for body in ({"enabled": False, **wrong}, {"enabled": False}, wrong, {"enabled": True}):
        answer = client.patch(url, body)
        expected = 400 if wrong.items() <= body.items() else 200
        assert answer.status_code == expected, body
    schedule.refresh_from_db()
    assert (schedule.cron, schedule.timezone) == ("30 8 * * 1-5", "America/Sao_Paulo")


@pytest.mark.parametrize("body", [{"cron": None}, {"robot_id": "x"}, {"enabled": "yes"}, {"max_concurrency": 0}])
def test_wrong_shape(client_of: Clients, maintainer: User, url: str, body: dict[str, Any]) -> None:
    assert client_of(maintainer).patch(url, body).status_code == 422
