"""The history of a thing on its page in the back-office, from the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, Unauthorized
from apps.events.selectors import events_about
from apps.robots.models import Robot
from apps.robots.tests.factories import robot_made, system, version_made
from apps.tenants.models import Organization

ROBOTS = "/admin/robots/robot/"


@pytest.fixture
def robot(organization: Organization) -> Robot:
    made = robot_made(organization.schema_name, "Closing")
    version_made(organization.schema_name, made)
    return made


def browser(organization: Organization, user: User) -> Client:
    client = Client(SERVER_NAME=f"{organization.slug}.localhost")
    client.force_login(user)
    return client


def test_it_works(organization: Organization, owner: User, robot: Robot) -> None:
    robot_made(organization.schema_name, "Another")
    client = browser(organization, owner)
    assert f"{robot.pk}/history/" in client.get(f"{ROBOTS}{robot.pk}/change/").content.decode()
    page = client.get(f"{ROBOTS}{robot.pk}/history/")
    names = [event.name for event in page.context["events"]]
    assert names == ["version.activated", "version.published", "robot.created"]
    assert "version.published" in page.content.decode()


def test_without_the_right_to_the_ledger(organization: Organization, teammate: User, robot: Robot) -> None:
    client = browser(organization, teammate)
    assert client.get(f"{ROBOTS}{robot.pk}/history/").status_code == 403
    assert "/history/" not in client.get(f"{ROBOTS}{robot.pk}/change/").content.decode()


def test_without_the_right_to_the_thing(organization: Organization, stranger: User, robot: Robot) -> None:
    assert browser(organization, stranger).get(f"{ROBOTS}{robot.pk}/history/").status_code == 403


def test_what_is_not_there(organization: Organization, owner: User) -> None:
    missing = "01890000-0000-7000-8000-000000000000"
    assert browser(organization, owner).get(f"{ROBOTS}{missing}/history/").status_code == 302


def test_the_ledger_itself_asks(organization: Organization, robot: Robot) -> None:
    subjects: Any = {"robots.robot": [robot.pk]}
    assert events_about(actor=system(organization.schema_name), subjects=subjects).count() == 1
    assert not events_about(actor=system(organization.schema_name), subjects={}).exists()
    nobody = Actor.anonymous(schema=organization.schema_name)
    with pytest.raises(Unauthorized):
        events_about(actor=nobody, subjects=subjects)
    known = Actor(type="user", id="x", label="x", schema=organization.schema_name)
    with pytest.raises(PermissionDenied):
        events_about(actor=known, subjects=subjects)
