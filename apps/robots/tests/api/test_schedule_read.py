from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.robots.models import Robot, Schedule
from apps.robots.services.schedules import schedule_create
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import robot_made, system
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


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Every morning", "At night", "At night"]),
        ({"ordering": "name"}, ["At night", "At night", "Every morning"]),
        ({"ordering": "-name"}, ["Every morning", "At night", "At night"]),
        ({"ordering": "-updated_at", "limit": "2"}, ["At night", "At night"]),
        ({"search": "MORNING"}, ["Every morning"]),
        ({"search": "0 3"}, ["At night", "At night"]),
    ],
)
def test_ordered_and_searched(
    client_of: Clients,
    viewer: User,
    organization: Organization,
    robot: Robot,
    all_of_them: str,
    schedule: Schedule,
    query: dict[str, str],
    expected: list[str],
) -> None:
    for _number in range(2):
        values = {"cron": "0 3 * * *", "name": "At night"}
        schedule_create(actor=system(organization.schema_name), robot=robot, values=values, now=timezone.now())
    body = client_of(viewer).get(all_of_them, query).json()
    assert [entry["name"] for entry in body["schedules"]] == expected


def test_wrong_query(client_of: Clients, viewer: User, all_of_them: str) -> None:
    assert client_of(viewer).get(all_of_them, {"ordering": "cron"}).status_code == 422


def test_of_another_robot(client_of: Clients, viewer: User, organization: Organization, schedule: Schedule) -> None:
    other = robot_made(organization.schema_name, "Other")
    answer = client_of(viewer).get(f"/api/v1/robots/{other.pk}/schedules/{schedule.pk}")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "schedule_not_found")


def test_unknown(client_of: Clients, viewer: User, all_of_them: str) -> None:
    assert client_of(viewer).get(f"{all_of_them}/{uuid.uuid4()}").status_code == 404
