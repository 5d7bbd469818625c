"""Services of grants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.utils import timezone

from apps.accounts.errors import GrantNotFound, PermissionNotHeld, UnknownAction, WrongResourceType
from apps.accounts.models import TagGrant, User, UserGrant
from apps.accounts.services.grants import grant_add, grant_remove, tag_grant_add
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.events.models import Event
from apps.tenants.models import Organization

Actors = Callable[[User], Actor]
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported
NOW = timezone.now()


@pytest.fixture
def robot(organization: Organization) -> Any:
    return Robot.objects.create(name="payroll", tags=["finance"])


def test_it_works(actor: Actors, owner: User, viewer: User, robot: Any) -> None:
    grant = grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW)
    assert isinstance(grant, UserGrant)
    assert (grant.user, grant.object_pk, grant.created_at) == (viewer, str(robot.pk), NOW)
    event = Event.objects.get(name="grant.added")
    assert event.data == {
        "holder": "user",
        "holder_id": str(viewer.pk),
        "action": "robot.run",
        "resource_type": "robot",
        "resource_id": str(robot.pk),
    }


def test_twice_is_as_good_as_once(actor: Actors, owner: User, viewer: User, robot: Any) -> None:
    made = [grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW) for _ in range(2)]
    tagged = [
        tag_grant_add(actor=actor(owner), action="run.read", holder=viewer, model=Robot, scope_tag="x", now=NOW)
        for _ in range(2)
    ]
    assert (made[0], tagged[0]) == (made[1], tagged[1])
    assert (UserGrant.objects.count(), TagGrant.objects.count()) == (1, 1)
    assert Event.objects.filter(name="grant.added").count() == 2


def test_removing(actor: Actors, owner: User, viewer: User, robot: Any) -> None:
    group = Group.objects.create(name="people")
    for grant in (
        grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW),
        grant_add(actor=actor(owner), action="robot.run", holder=group, resource=robot, now=NOW),
        tag_grant_add(actor=actor(owner), action="run.read", holder=group, model=Robot, scope_tag="x", now=NOW),
    ):
        grant_remove(actor=actor(owner), grant=grant, now=NOW)
        with pytest.raises(GrantNotFound):
            grant_remove(actor=actor(owner), grant=grant, now=NOW)
    assert Event.objects.filter(name="grant.removed").count() == 3


def test_an_unknown_action(actor: Actors, owner: User, viewer: User, robot: Any) -> None:
    with pytest.raises(UnknownAction):
        grant_add(actor=actor(owner), action="robot.fly", holder=viewer, resource=robot, now=NOW)


@pytest.mark.parametrize("action", ["service.run", "admin.manage"])
def test_an_action_about_something_else(actor: Actors, owner: User, viewer: User, robot: Any, action: str) -> None:
    with pytest.raises(WrongResourceType):
        grant_add(actor=actor(owner), action=action, holder=viewer, resource=robot, now=NOW)


def test_a_tag_on_something_without_tags(actor: Actors, owner: User, viewer: User) -> None:
    with pytest.raises(WrongResourceType):
        tag_grant_add(actor=actor(owner), action="admin.manage", holder=viewer, model=User, scope_tag="x", now=NOW)


def test_without_the_right(actor: Actors, owner: User, maintainer: User, viewer: User, robot: Any) -> None:
    with pytest.raises(PermissionDenied):
        grant_add(actor=actor(maintainer), action="robot.run", holder=viewer, resource=robot, now=NOW)
    grant = grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW)
    with pytest.raises(PermissionDenied):
        grant_remove(actor=actor(maintainer), grant=grant, now=NOW)


def test_an_action_the_actor_may_not_do_there(actor: Actors, owner: User, viewer: User, robot: Any) -> None:
    other = Robot.objects.create(name="other")
    grant_add(actor=actor(owner), action="robot.run", holder=owner, resource=other, now=NOW)
    with pytest.raises(PermissionNotHeld):
        grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW)
