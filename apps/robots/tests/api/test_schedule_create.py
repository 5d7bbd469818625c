from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.accounts.models import User
from apps.events.models import Event
from apps.robots.models import Robot, Schedule
from apps.robots.tests.api.guarded import Clients, Guarded


@pytest.fixture
def url(robot: Robot) -> str:
    return f"/api/v1/robots/{robot.pk}/schedules"


class TestPermissions(Guarded):
    method = "post"
    body = {"cron": "* * * * *"}
    without = ("stranger", "viewer", "teammate")


def test_it_works(client_of: Clients, maintainer: User, url: str) -> None:
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
    answer = client_of(maintainer).post(url, body)
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


def test_the_next_firings_skip_holidays(client_of: Clients, maintainer: User, owner: User, url: str) -> None:
    zone = ZoneInfo("Asia/Tokyo")
    first = datetime.now(zone).date() + timedelta(days=2)
    holidays = [{"date": str(first + timedelta(days=number)), "name": "Rest"} for number in (0, 1, 3)]
    client_of(owner).put("/api/v1/tenants/current/settings", {"holidays": holidays})
    when = {"cron": "30 1 * * *", "timezone": "Asia/Tokyo", "starts_at": f"{first}T00:00:00+09:00"}
    answer = client_of(maintainer).post(url, when | {"skip_holidays": True}).json()
    days = [datetime.fromisoformat(text).astimezone(zone).date() for text in answer["next_firings"]]
    assert days == [first + timedelta(days=number) for number in (2, 4, 5, 6, 7)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cron": "* * * *"}, "cron"),
        ({"cron": "61 * * * *"}, "cron"),
        ({"cron": "0 0 31 2 *"}, "cron"),
        ({"cron": "* * * * * *"}, "cron"),
        ({"cron": "* * * * *", "timezone": "Mars/Olympus"}, "timezone"),
        ({"cron": "* * * * *", "timezone": "../../etc/passwd"}, "timezone"),
        ({"cron": "* * * * *", "timezone": "localtime"}, "timezone"),
        ({"cron": "* * * * *", "timezone": "posixrules"}, "timezone"),
        ({"cron": "bad", "enabled": False}, "cron"),
        ({"cron": "* * * * *", "window_start": "08:00"}, "window_end"),
        ({"cron": "* * * * *", "starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}, "ends_at"),
        ({"cron": "* * * * *", "runtime_env": {"PATH": "x"}}, "runtime_env"),
    ],
)
def test_what_can_never_be_meant(
    client_of: Clients, maintainer: User, url: str, body: dict[str, Any], field: str
) -> None:
    answer = client_of(maintainer).post(url, body)
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
def test_wrong_shape(client_of: Clients, maintainer: User, url: str, body: dict[str, Any]) -> None:
    assert client_of(maintainer).post(url, body).status_code == 422
