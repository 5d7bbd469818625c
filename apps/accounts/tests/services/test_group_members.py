"""Who is in a group, and what all its members were granted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from apps.accounts.errors import (
    GrantExists,
    GrantNotFound,
    GroupNotFound,
    PermissionNotHeld,
    ResourceNotFound,
    UserNotFound,
    WrongResourceType,
)
from apps.accounts.models import User, UserGroup
from apps.accounts.permissions import allowed
from apps.accounts.services.grants import holder_grant_add, holder_grant_remove
from apps.accounts.services.groups import group_create, group_delete, group_member_add, group_member_remove
from apps.accounts.services.roles import role_create
from apps.common.actor import Actor
from apps.common.errors import InvalidInput, PermissionDenied
from apps.common.ids import uuid7
from apps.events.models import Event
from conftest import make_user

NOW = timezone.now()
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported
ActorOf = Callable[[User], Actor]
RUN = {"action": "robot.run", "resource_type": "robot"}


@pytest.fixture
def robot(owner: User) -> Any:
    return Robot.objects.create(name="payroll", tags=["finance"])


@pytest.fixture
def group(owner: User, actor: ActorOf) -> UserGroup:
    return group_create(actor=actor(owner), name="Night shift", now=NOW)


@pytest.fixture
def clerk(owner: User, actor: ActorOf) -> Actor:
    """Administers people, and holds little else."""
    role_create(actor=actor(owner), slug="clerk", name="Clerk", actions=["admin.manage"], now=NOW)
    return actor(make_user("clerk@acme.example", "clerk"))


def test_it_works(owner: User, viewer: User, actor: ActorOf, group: UserGroup, robot: Any) -> None:
    grant = holder_grant_add(actor=actor(owner), holder=group, **RUN, resource_id=robot.pk, now=NOW)
    assert not allowed(actor(viewer), "robot.run", robot)
    group_member_add(actor=actor(owner), group=group, user=viewer, now=NOW)
    group_member_add(actor=actor(owner), group=group, user=viewer, now=NOW)
    assert allowed(actor(viewer), "robot.run", robot)
    assert Event.objects.get(name="group.member_added").data == {"user_id": str(viewer.pk)}
    group_member_remove(actor=actor(owner), group=group, user=viewer, now=NOW)
    group_member_remove(actor=actor(owner), group=group, user=viewer, now=NOW)
    assert not allowed(actor(viewer), "robot.run", robot)
    assert Event.objects.filter(name="group.member_removed").count() == 1
    group_member_add(actor=actor(owner), group=group, user=viewer, now=NOW)
    holder_grant_remove(actor=actor(owner), holder=group, grant_id=grant.pk, now=NOW)
    assert not allowed(actor(viewer), "robot.run", robot)


def test_by_tag(owner: User, viewer: User, actor: ActorOf, group: UserGroup, robot: Any) -> None:
    grant = holder_grant_add(actor=actor(owner), holder=group, **RUN, scope_tag="finance", now=NOW)
    group_member_add(actor=actor(owner), group=group, user=viewer, now=NOW)
    assert allowed(actor(viewer), "robot.run", robot)
    with pytest.raises(GrantExists):
        holder_grant_add(actor=actor(owner), holder=group, **RUN, scope_tag="finance", now=NOW)
    holder_grant_remove(actor=actor(owner), holder=group, grant_id=grant.pk, now=NOW)
    assert not allowed(actor(viewer), "robot.run", robot)


def test_nobody_gives_by_a_group_what_they_do_not_hold(
    owner: User, viewer: User, actor: ActorOf, group: UserGroup, robot: Any, clerk: Actor
) -> None:
    with pytest.raises(PermissionNotHeld):
        holder_grant_add(actor=clerk, holder=group, **RUN, resource_id=robot.pk, now=NOW)
    with pytest.raises(PermissionNotHeld):  # whether it is there is not told
        holder_grant_add(actor=clerk, holder=group, **RUN, resource_id=uuid7(), now=NOW)
    grant = holder_grant_add(actor=actor(owner), holder=group, **RUN, resource_id=robot.pk, now=NOW)
    with pytest.raises(PermissionNotHeld):
        group_member_add(actor=clerk, group=group, user=clerk.user, now=NOW)
    group_member_add(actor=actor(owner), group=group, user=viewer, now=NOW)
    with pytest.raises(PermissionNotHeld):
        group_member_remove(actor=clerk, group=group, user=viewer, now=NOW)
    with pytest.raises(PermissionNotHeld):
        holder_grant_remove(actor=clerk, holder=group, grant_id=grant.pk, now=NOW)
    assert list(group.group.user_set.all()) == [viewer]


def test_who_holds_it_there_gives_it_there(
    owner: User, viewer: User, actor: ActorOf, group: UserGroup, robot: Any, clerk: Actor
) -> None:
    holder_grant_add(actor=actor(owner), holder=clerk.user, **RUN, resource_id=robot.pk, now=NOW)
    holder_grant_add(actor=clerk, holder=group, **RUN, resource_id=robot.pk, now=NOW)
    group_member_add(actor=clerk, group=group, user=viewer, now=NOW)
    assert allowed(actor(viewer), "robot.run", robot)


def test_what_is_not_there(owner: User, viewer: User, actor: ActorOf, group: UserGroup, robot: Any) -> None:
    who = actor(owner)
    with pytest.raises(ResourceNotFound):
        holder_grant_add(actor=who, holder=group, **RUN, resource_id=uuid7(), now=NOW)
    with pytest.raises(WrongResourceType):
        holder_grant_add(actor=who, holder=group, action="robot.run", resource_type="service", scope_tag="x", now=NOW)
    with pytest.raises(InvalidInput):
        holder_grant_add(actor=who, holder=group, **RUN, now=NOW)
    with pytest.raises(GrantNotFound):
        holder_grant_remove(actor=who, holder=group, grant_id=uuid7(), now=NOW)
    own = holder_grant_add(actor=who, holder=viewer, **RUN, resource_id=robot.pk, now=NOW)
    with pytest.raises(GrantNotFound):  # somebody's own is none of a group's
        holder_grant_remove(actor=who, holder=group, grant_id=own.pk, now=NOW)
    with pytest.raises(UserNotFound):
        group_member_add(actor=who, group=group, user=User(email="nobody@acme.example"), now=NOW)
    group_delete(actor=who, group=group, now=NOW)
    for call in (
        lambda: group_member_add(actor=who, group=group, user=viewer, now=NOW),
        lambda: holder_grant_add(actor=who, holder=group, **RUN, scope_tag="x", now=NOW),
        lambda: holder_grant_remove(actor=who, holder=group, grant_id=own.pk, now=NOW),
    ):
        with pytest.raises(GroupNotFound):
            call()


def test_no_right(maintainer: User, viewer: User, actor: ActorOf, group: UserGroup) -> None:
    for call in (group_member_add, group_member_remove):
        with pytest.raises(PermissionDenied):
            call(actor=actor(maintainer), group=group, user=viewer, now=NOW)
    with pytest.raises(PermissionDenied):
        holder_grant_add(actor=actor(maintainer), holder=group, **RUN, scope_tag="finance", now=NOW)
    with pytest.raises(PermissionDenied):
        holder_grant_remove(actor=actor(maintainer), holder=group, grant_id=uuid7(), now=NOW)
