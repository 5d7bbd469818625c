"""GET /api/v1/users/{id}/permissions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services.grants import grant_add, tag_grant_add
from apps.common.actor import Actor
from apps.tenants.models import Organization

Clients = Callable[[User | None], APIClient]
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported
NOW = timezone.now()


def url(user: User) -> str:
    return f"/api/v1/users/{user.pk}/permissions"


@pytest.fixture
def system(organization: Organization) -> Actor:
    return Actor.system("tests", schema=organization.schema_name)


def test_it_works(client_of: Clients, owner: User, viewer: User, system: Actor) -> None:
    robot = Robot.objects.create(name="payroll")
    group = Group.objects.create(name="night shift")
    viewer.groups.add(group)
    one = grant_add(actor=system, action="robot.run", holder=viewer, resource=robot, now=NOW)
    tag = tag_grant_add(actor=system, action="run.read", holder=viewer, model=Robot, scope_tag="x", now=NOW)
    shared = grant_add(actor=system, action="robot.publish", holder=group, resource=robot, now=NOW)
    role = tag_grant_add(
        actor=system, action="run.cancel", holder=viewer.role.group, model=Robot, scope_tag="y", now=NOW
    )
    answer = client_of(owner).get(url(viewer))
    assert answer.status_code == 200
    rights = answer.json()
    assert (rights["role"], rights["permissions"]) == ("viewer", sorted(viewer.role.actions))
    names = ("id", "action", "resource_type", "resource_id", "scope_tag")
    assert [tuple(grant[name] for name in names) for grant in rights["grants"]] == [
        (str(one.pk), "robot.run", "robot", str(robot.pk), None),
        (str(tag.pk), "run.read", "robot", None, "x"),
    ]
    assert [tuple(grant[name] for name in ("group", *names)) for grant in rights["group_grants"]] == [
        ("night shift", str(shared.pk), "robot.publish", "robot", str(robot.pk), None),
        ("viewer", str(role.pk), "run.cancel", "robot", None, "y"),
    ]


def test_without_grants(client_of: Clients, owner: User, stranger: User) -> None:
    assert client_of(owner).get(url(stranger)).json() == {
        "role": "nobody",
        "permissions": [],
        "grants": [],
        "group_grants": [],
    }


def test_the_number_of_queries_does_not_grow(client_of: Clients, owner: User, viewer: User, system: Actor) -> None:
    client = client_of(owner)
    client.get(url(viewer))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(viewer)).status_code == 200
        return len(captured)

    before = queries()
    for number in range(20):
        robot = Robot.objects.create(name=f"robot {number}")
        for holder in (viewer, viewer.role.group):
            grant_add(actor=system, action="robot.run", holder=holder, resource=robot, now=NOW)
    assert queries() == before


def test_nobody_is_401(client_of: Clients, viewer: User) -> None:
    assert client_of(None).get(url(viewer)).status_code == 401


@pytest.mark.parametrize("who", ["maintainer", "viewer", "stranger"])
def test_without_the_right_it_is_403(
    client_of: Clients, viewer: User, who: str, request: pytest.FixtureRequest
) -> None:
    assert client_of(request.getfixturevalue(who)).get(url(viewer)).status_code == 403


def test_a_foreigner_is_404(client_of: Clients, viewer: User, foreigner: User) -> None:
    assert client_of(foreigner).get(url(viewer)).status_code == 404
