from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.events.models import Event
from apps.robots.models import Robot, Schedule
from apps.robots.tests.api.guarded import Clients, Guarded


@pytest.fixture
def url(robot: Robot, schedule: Schedule) -> str:
    return f"/api/v1/robots/{robot.pk}/schedules/{schedule.pk}"


class TestPermissions(Guarded):
    method = "delete"
    without = ("stranger", "viewer", "teammate")


def test_it_works(client_of: Clients, maintainer: User, url: str) -> None:
    client = client_of(maintainer)
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert Event.objects.filter(name="schedule.deleted").count() == 1


def test_stale_entity_tag(client_of: Clients, maintainer: User, url: str) -> None:
    client = client_of(maintainer)
    tag = client.get(url)["ETag"]
    client.patch(url, {"name": "Other"})
    assert client.delete(url, headers={"If-Match": tag}).status_code == 412
    assert client.get(url).status_code == 200
