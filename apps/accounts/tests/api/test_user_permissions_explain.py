"""GET /api/v1/users/{id}/permissions/explain: it must say what the rule itself decides."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.permissions import allowed
from apps.accounts.services.grants import grant_add, tag_grant_add
from apps.common.actor import Actor
from apps.common.ids import uuid7
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization

Clients = Callable[[User | None], APIClient]
Actors = Callable[[User], Actor]
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported
NOW = timezone.now()


def url(user: User) -> str:
    return f"/api/v1/users/{user.pk}/permissions/explain"


@pytest.fixture
def system(organization: Organization) -> Actor:
    return Actor.system("tests", schema=organization.schema_name)


@pytest.fixture
def robot(organization: Organization) -> Any:
    return Robot.objects.create(name="payroll", tags=["finance"])


Explain = Callable[..., tuple[bool, list[tuple[str, str, Any]]]]


@pytest.fixture
def explained(client_of: Clients, owner: User) -> Explain:
    """Whether, and why in short: source, effect, and the role, the group or the id of the grant."""

    def ask(user: User, action: str, robot: Any = None) -> tuple[bool, list[tuple[str, str, Any]]]:
        about = {} if robot is None else {"resource_type": "robot", "resource_id": str(robot.pk)}
        answer = client_of(owner).get(url(user), {"action": action} | about)
        assert answer.status_code == 200, answer.data
        reasons = answer.json()["because"]
        short = [(each["source"], each["effect"], (each["grant"] or {}).get("id") or each["role"]) for each in reasons]
        return answer.json()["allowed"], short

    return ask


def test_it_works(client_of: Clients, owner: User, viewer: User, robot: Any, system: Actor) -> None:
    grant = grant_add(actor=system, action="robot.run", holder=viewer, resource=robot, now=NOW)
    about = {"action": "robot.run", "resource_type": "robot", "resource_id": str(robot.pk)}
    answer = client_of(owner).get(url(viewer), about)
    assert answer.status_code == 200
    shown = answer.json()["because"][0].pop("grant")
    assert answer.json() == {
        "allowed": True,
        "because": [{"source": "grant", "effect": "gives", "role": None, "group": None}],
    }
    assert {name: shown[name] for name in about} == about
    assert shown["id"] == str(grant.pk)


def test_the_role(explained: Explain, teammate: User, viewer: User, robot: Any) -> None:
    assert explained(teammate, "robot.run", robot) == (True, [("role", "gives", "operator")])
    assert explained(teammate, "robot.run") == (True, [("role", "gives", "operator")])
    assert explained(viewer, "robot.run", robot) == (False, [("role", "lacks", "viewer")])
    assert explained(viewer, "admin.manage") == (False, [("role", "lacks", "viewer")])


def test_grants_that_narrow(explained: Explain, teammate: User, robot: Any, system: Actor) -> None:
    other = Robot.objects.create(name="other")
    one = grant_add(actor=system, action="robot.run", holder=teammate, resource=other, now=NOW)
    two = tag_grant_add(actor=system, action="robot.run", holder=teammate, model=Robot, scope_tag="x", now=NOW)
    narrowed = [("grant", "narrows", str(one.pk)), ("grant", "narrows", str(two.pk))]
    assert explained(teammate, "robot.run", robot) == (False, narrowed)
    assert explained(teammate, "robot.run", other) == (True, [("grant", "gives", str(one.pk))])


def test_groups_and_the_group_of_the_role(
    client_of: Clients, owner: User, viewer: User, robot: Any, system: Actor
) -> None:
    group = Group.objects.create(name="payroll people")
    viewer.groups.add(group)
    grant_add(actor=system, action="robot.run", holder=group, resource=robot, now=NOW)
    tag_grant_add(actor=system, action="robot.run", holder=viewer.role.group, model=Robot, scope_tag="finance", now=NOW)
    about = {"action": "robot.run", "resource_type": "robot", "resource_id": str(robot.pk)}
    reasons = client_of(owner).get(url(viewer), about).json()["because"]
    assert [(each["source"], each["group"], each["role"]) for each in reasons] == [
        ("group", "payroll people", None),
        ("role", None, "viewer"),
    ]


def test_who_is_switched_off_may_nothing(explained: Explain, teammate: User, robot: Any) -> None:
    User.objects.filter(pk=teammate.pk).update(is_active=False)
    assert explained(teammate, "robot.run", robot) == (False, [("account", "refuses", None)])


def test_it_always_says_what_is_decided(
    explained: Explain, actor: Actors, viewer: User, teammate: User, stranger: User, robot: Any, system: Actor
) -> None:
    """Every mixture of grants, on the object or not, of the person, of a group, by tag."""
    other = Robot.objects.create(name="other", tags=["nightly"])
    group = Group.objects.create(name="people")
    for user in (viewer, teammate, stranger):
        user.groups.add(group)
    add: list[Callable[[User], Any]] = [
        lambda user: grant_add(actor=system, action="robot.run", holder=user, resource=robot, now=NOW),
        lambda user: tag_grant_add(
            actor=system, action="robot.run", holder=user, model=Robot, scope_tag="nightly", now=NOW
        ),
        lambda user: grant_add(actor=system, action="robot.run", holder=user.role.group, resource=other, now=NOW),
    ]
    for user, count in itertools.product((viewer, teammate, stranger), range(len(add) + 1)):
        if count:
            add[count - 1](user)
        for one in (robot, other, None):
            may, reasons = explained(user, "robot.run", one)
            assert may == allowed(actor(user), "robot.run", one), (user, count, one)
            assert reasons
            assert {effect for _source, effect, _what in reasons} <= ({"gives"} if may else {"narrows", "lacks"})


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ({"action": "robot.fly"}, 400, "unknown_action"),
        ({"action": "robot.run", "resource_type": "service", "resource_id": str(uuid7())}, 400, "wrong_resource_type"),
        ({"action": "admin.manage", "resource_type": "user", "resource_id": str(uuid7())}, 400, "wrong_resource_type"),
        ({"action": "robot.run", "resource_type": "robot", "resource_id": str(uuid7())}, 404, "resource_not_found"),
        ({"action": "robot.run", "resource_type": "robot"}, 422, "invalid_input"),
        ({"action": "robot.run", "resource_id": str(uuid7())}, 422, "invalid_input"),
        ({"action": "robot.run", "resource_type": "robot", "resource_id": "x"}, 422, "invalid_input"),
        ({}, 422, "invalid_input"),
        ({"action": "robot.run", "color": "red"}, 422, "invalid_input"),
    ],
)
def test_refusals(
    client_of: Clients, owner: User, viewer: User, query: dict[str, str], status: int, error: str
) -> None:
    answer = client_of(owner).get(url(viewer), query)
    assert (answer.status_code, answer.json()["error_code"]) == (status, error)


def test_a_robot_of_others_is_404(
    client_of: Clients, owner: User, viewer: User, other_organization: Organization
) -> None:
    with tenant_context(other_organization):
        theirs = Robot.objects.create(name="theirs")
    query = {"action": "robot.run", "resource_type": "robot", "resource_id": str(theirs.pk)}
    assert client_of(owner).get(url(viewer), query).status_code == 404


def test_nobody_is_401(client_of: Clients, viewer: User) -> None:
    assert client_of(None).get(url(viewer), {"action": "robot.run"}).status_code == 401


def test_without_the_right_it_is_403(client_of: Clients, maintainer: User, viewer: User) -> None:
    assert client_of(maintainer).get(url(viewer), {"action": "robot.run"}).status_code == 403


def test_a_foreigner_is_404(client_of: Clients, viewer: User, foreigner: User) -> None:
    assert client_of(foreigner).get(url(viewer), {"action": "robot.run"}).status_code == 404
