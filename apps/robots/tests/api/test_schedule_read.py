from __future__ import annotations

import uuid

import pytest

from apps.accounts.models import User
from apps.robots.models import Robot, Schedule
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import robot_made
from apps.tenants.models import Organization


@pytest.fixture
def all_of_them(robot: Robot) -> str:
    return f"/api/v1/robots/{robot.pk}/schedules"


class TestListPermissions(Guarded):
    @pytest.fixture
    def url(self, all_of_them: str) -> str:
        return all_of_them


class TestReadPermissions(Guarded):
    @pytest.fixture
    def url(self, all_of_them: str, schedule: Schedule) -> str:
        return f"{all_of_them}/{schedule.pk}"


def test_it_works(client_of: Clients, viewer: User, all_of_them: str, schedule: Schedule) -> None:
    body = client_of(viewer).get(all_of_them).json()
    assert [entry["id"] for entry in body["schedules"]] == [str(schedule.pk)]
    assert body["pagination"]["total"] == 1


def test_of_another_robot(client_of: Clients, viewer: User, organization: Organization, schedule: Schedule) -> None:
    other = robot_made(organization.schema_name, "Other")
    answer = client_of(viewer).get(f"/api/v1/robots/{other.pk}/schedules/{schedule.pk}")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "schedule_not_found")


def test_unknown(client_of: Clients, viewer: User, all_of_them: str) -> None:
    assert client_of(viewer).get(f"{all_of_them}/{uuid.uuid4()}").status_code == 404
