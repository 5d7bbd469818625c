"""DELETE /api/v1/users/{id}/permissions/{grant_id}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Grant, TagGrant, User, UserGrant
from apps.accounts.services.grants import grant_add, tag_grant_add
from apps.common.actor import Actor
from apps.common.ids import uuid7
from apps.events.models import Event
from apps.tenants.models import Organization
from conftest import make_user

Clients = Callable[[User | None], APIClient]
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported
NOW = timezone.now()


def url(user: User, grant: Grant) -> str:
    return f"/api/v1/users/{user.pk}/permissions/{grant.pk}"


@pytest.fixture
def system(organization: Organization) -> Actor:
    return Actor.system("tests", schema=organization.schema_name)


@pytest.fixture
def grant(system: Actor, viewer: User) -> Grant:
    robot = Robot.objects.create(name="payroll")
    return grant_add(actor=system, action="robot.run", holder=viewer, resource=robot, now=NOW)


def test_it_works(client_of: Clients, owner: User, viewer: User, grant: Grant, system: Actor) -> None:
    tagged = tag_grant_add(actor=system, action="robot.run", holder=viewer, model=Robot, scope_tag="x", now=NOW)
    for each in (grant, tagged):
        assert client_of(owner).delete(url(viewer, each)).status_code == 204
        answer = client_of(owner).delete(url(viewer, each))
        assert (answer.status_code, answer.json()["error_code"]) == (404, "grant_not_found")
    assert not UserGrant.objects.exists()
    assert not TagGrant.objects.exists()
    [first, _second] = Event.objects.filter(name="grant.removed").order_by("id")
    assert (first.actor_id, first.subject_id, first.data["action"]) == (str(owner.pk), str(grant.pk), "robot.run")


def test_of_a_robot_that_is_gone(client_of: Clients, owner: User, viewer: User, grant: Grant) -> None:
    Robot.objects.all().delete()
    assert client_of(owner).delete(url(viewer, grant)).status_code == 204


def test_somebody_elses_and_those_of_groups_are_404(
    client_of: Clients, owner: User, viewer: User, teammate: User, grant: Grant, system: Actor
) -> None:
    group = Group.objects.create(name="people")
    viewer.groups.add(group)
    shared = tag_grant_add(actor=system, action="robot.run", holder=group, model=Robot, scope_tag="x", now=NOW)
    assert client_of(owner).delete(url(teammate, grant)).status_code == 404
    assert client_of(owner).delete(url(viewer, shared)).status_code == 404
    answer = client_of(owner).delete(url(User(pk=uuid7()), grant))
    assert (answer.status_code, answer.json()["error_code"]) == (404, "user_not_found")
    assert UserGrant.objects.filter(pk=grant.pk).exists()


def test_nobody_takes_their_own_narrowing_back(client_of: Clients, owner: User, system: Actor) -> None:
    robot = Robot.objects.create(name="lone")
    make_user("second@acme.example", "org_admin")
    own = grant_add(actor=system, action="robot.run", holder=owner, resource=robot, now=NOW)
    answer = client_of(owner).delete(url(owner, own))
    assert (answer.status_code, answer.json()["error_code"]) == (403, "permission_not_held")
    assert UserGrant.objects.filter(pk=own.pk).exists()


def test_nobody_is_401(client_of: Clients, viewer: User, grant: Grant) -> None:
    assert client_of(None).delete(url(viewer, grant)).status_code == 401


@pytest.mark.parametrize("who", ["maintainer", "viewer", "stranger"])
def test_without_the_right_it_is_403(
    client_of: Clients, viewer: User, grant: Grant, who: str, request: pytest.FixtureRequest
) -> None:
    assert client_of(request.getfixturevalue(who)).delete(url(viewer, grant)).status_code == 403


def test_a_foreigner_is_404(client_of: Clients, viewer: User, foreigner: User, grant: Grant) -> None:
    assert client_of(foreigner).delete(url(viewer, grant)).status_code == 404
