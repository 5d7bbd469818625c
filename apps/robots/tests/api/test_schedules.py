from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.events.models import Event
from apps.robots.models import Robot, Schedule
from apps.robots.services.schedules import schedule_create
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import robot_made, system
from apps.tenants.models import Organization


@pytest.fixture
def schedule(organization: Organization, robot: Robot) -> Schedule:
    values = {"cron": "30 8 * * 1-5", "timezone": "America/Sao_Paulo", "name": "Every morning"}
    return schedule_create(actor=system(organization.schema_name), robot=robot, values=values, now=timezone.now())


@pytest.fixture
def all_of_them(robot: Robot) -> str:
    return f"/api/v1/robots/{robot.pk}/schedules"


@pytest.fixture
def url(all_of_them: str, schedule: Schedule) -> str:
    return f"{all_of_them}/{schedule.pk}"


class TestListPermissions(Guarded):
    @pytest.fixture
    def url(self, all_of_them: str) -> str:
        return all_of_them


class TestCreatePermissions(TestListPermissions):
    method = "post"
    body = {"cron": "* * * * *"}
    without = ("stranger", "viewer", "teammate")


class TestReadPermissions(Guarded):
    pass


class TestUpdatePermissions(Guarded):
    method = "patch"
    body = {"enabled": False}
    without = ("stranger", "viewer", "teammate")


class TestDeletePermissions(Guarded):
    method = "delete"
    without = ("stranger", "viewer", "teammate")


def test_it_works(client_of: Clients, maintainer: User, all_of_them: str) -> None:
    body = {
        "name": "Every morning",
        "cron": "30 8 * * 1-5",
        "timezone": "America/Sao_Paulo",
        "window_start": "08:00",
        "window_end": "18:00",
        "max_concurrency": 2,
        "skip_holidays": True,
        "timeout_seconds": 600,
        "retry_count": 3,
        "retry_backoff_seconds": 30,
        "runtime_arguments": ["--x"],
        "runtime_env": {"A": "1"},
        "parameters": {"mes": "2026-02"},
    }
    answer = client_of(maintainer).post(all_of_them, body)
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    same = set(body) - {"window_start", "window_end"}
    assert {name: made[name] for name in same} == {name: body[name] for name in same}
    assert (made["window_start"], made["window_end"]) == ("08:00:00", "18:00:00")
    firings = [datetime.fromisoformat(text) for text in made["next_firings"]]
    assert len(firings) == 5
    assert firings == sorted(firings)
    local = [moment.astimezone(ZoneInfo("America/Sao_Paulo")) for moment in firings]
    assert all((moment.hour, moment.minute) == (8, 30) and moment.weekday() < 5 for moment in local)
    assert Schedule.objects.get(pk=made["id"]).next_due_at == firings[0]
    assert Event.objects.filter(name="schedule.created").count() == 1


def test_list(client_of: Clients, viewer: User, all_of_them: str, schedule: Schedule) -> None:
    body = client_of(viewer).get(all_of_them).json()
    assert [entry["id"] for entry in body["schedules"]] == [str(schedule.pk)]
    assert body["pagination"]["total"] == 1


def test_change(client_of: Clients, maintainer: User, url: str, schedule: Schedule) -> None:
    client = client_of(maintainer)
    tag = client.get(url)["ETag"]
    off = client.patch(url, {"enabled": False}, headers={"If-Match": tag})
    assert (off.status_code, off.json()["next_firings"]) == (200, [])
    schedule.refresh_from_db()
    assert schedule.next_due_at is None
    assert client.patch(url, {"enabled": True}, headers={"If-Match": tag}).status_code == 412
    on = client.patch(url, {"enabled": True, "cron": "0 0 1 1 *", "timezone": "UTC"}).json()
    assert all(firing.endswith("-01-01T00:00:00Z") for firing in on["next_firings"])


def test_remove(client_of: Clients, maintainer: User, url: str) -> None:
    client = client_of(maintainer)
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert Event.objects.filter(name="schedule.deleted").count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cron": "* * * *"}, "cron"),
        ({"cron": "61 * * * *"}, "cron"),
        ({"cron": "0 0 31 2 *"}, "cron"),
        ({"cron": "* * * * * *"}, "cron"),
        ({"cron": "* * * * *", "timezone": "Mars/Olympus"}, "timezone"),
        ({"cron": "* * * * *", "timezone": "../../etc/passwd"}, "timezone"),
        ({"cron": "* * * * *", "window_start": "08:00"}, "window_end"),
        ({"cron": "* * * * *", "starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}, "ends_at"),
        ({"cron": "* * * * *", "runtime_env": {"PATH": "x"}}, "runtime_env"),
    ],
)
def test_what_can_never_be_meant(
    client_of: Clients, maintainer: User, all_of_them: str, body: dict[str, Any], field: str
) -> None:
    answer = client_of(maintainer).post(all_of_them, body)
    assert answer.status_code == 400, answer.json()
    assert list(answer.json()["errors"]) == [field]
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"cron": None},
        {"cron": "* * * * *", "max_concurrency": 0},
        {"cron": "* * * * *", "retry_count": -1},
        {"cron": "* * * * *", "window_start": "25:00"},
        {"cron": "* * * * *", "next_due_at": None},
    ],
)
def test_wrong_shape(client_of: Clients, maintainer: User, all_of_them: str, body: dict[str, Any]) -> None:
    assert client_of(maintainer).post(all_of_them, body).status_code == 422


def test_of_another_robot(client_of: Clients, viewer: User, organization: Organization, schedule: Schedule) -> None:
    other = robot_made(organization.schema_name, "Other")
    answer = client_of(viewer).get(f"/api/v1/robots/{other.pk}/schedules/{schedule.pk}")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "schedule_not_found")


def test_unknown(client_of: Clients, viewer: User, all_of_them: str) -> None:
    assert client_of(viewer).get(f"{all_of_them}/{uuid.uuid4()}").status_code == 404
