"""Groups of people: made, renamed, taken away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from apps.accounts.errors import GroupNotFound, GroupTaken, PermissionNotHeld
from apps.accounts.models import TagGrant, User, UserGroup
from apps.accounts.services.grants import holder_grant_add
from apps.accounts.services.groups import group_create, group_delete, group_member_add, group_rename
from apps.accounts.services.roles import role_create
from apps.common.actor import Actor
from apps.common.errors import InvalidInput, PermissionDenied
from apps.events.models import Event
from apps.tenants.context import tenant_context
from conftest import make_user

NOW = timezone.now()
ActorOf = Callable[[User], Actor]


@pytest.fixture
def group(owner: User, actor: ActorOf) -> UserGroup:
    return group_create(actor=actor(owner), name="Night shift", now=NOW)


@pytest.fixture
def clerk(owner: User, actor: ActorOf) -> Actor:
    """Administers people, and holds little else."""
    role_create(actor=actor(owner), slug="clerk", name="Clerk", actions=["admin.manage"], now=NOW)
    return actor(make_user("clerk@acme.example", "clerk"))


def test_it_works(owner: User, viewer: User, actor: ActorOf, group: UserGroup) -> None:
    assert (group.name, str(group)) == ("Night shift", "Night shift")
    group_member_add(actor=actor(owner), group=group, user=viewer, now=NOW)
    assert group_rename(actor=actor(owner), group=group, name="Late shift", now=NOW).name == "Late shift"
    group_delete(actor=actor(owner), group=group, now=NOW)
    assert not Group.objects.filter(name__endswith="shift").exists()
    names = Event.objects.filter(subject_id=str(group.pk)).order_by("id").values_list("name", flat=True)
    assert list(names) == ["group.created", "group.member_added", "group.renamed", "group.deleted"]
    assert Event.objects.get(name="group.deleted").data == {"name": "Late shift", "members": [str(viewer.pk)]}
    with pytest.raises(GroupNotFound):
        group_delete(actor=actor(owner), group=group, now=NOW)
    with pytest.raises(GroupNotFound):
        group_rename(actor=actor(owner), group=group, name="Gone", now=NOW)


def test_the_same_name_changes_nothing(owner: User, actor: ActorOf, group: UserGroup) -> None:
    group_rename(actor=actor(owner), group=group, name="Night shift", now=NOW)
    assert not Event.objects.filter(name="group.renamed").exists()


@pytest.mark.parametrize("name", ["Night shift", "viewer"])
def test_a_name_that_a_group_or_a_role_has(owner: User, actor: ActorOf, group: UserGroup, name: str) -> None:
    with pytest.raises(GroupTaken):
        group_create(actor=actor(owner), name=name, now=NOW)
    other = group_create(actor=actor(owner), name="Other", now=NOW)
    with pytest.raises(GroupTaken):
        group_rename(actor=actor(owner), group=other, name=name, now=NOW)


@pytest.mark.parametrize("name", ["", "  ", "x" * 151, "two\nlines"])
def test_no_name(owner: User, actor: ActorOf, group: UserGroup, name: str) -> None:
    with pytest.raises(InvalidInput):
        group_create(actor=actor(owner), name=name, now=NOW)
    with pytest.raises(InvalidInput):
        group_rename(actor=actor(owner), group=group, name=name, now=NOW)


def test_one_that_was_granted_more_than_one_holds(owner: User, actor: ActorOf, group: UserGroup, clerk: Actor) -> None:
    given = {"action": "robot.run", "resource_type": "robot", "scope_tag": "finance"}
    holder_grant_add(actor=actor(owner), holder=group, **given, now=NOW)
    with pytest.raises(PermissionNotHeld):
        group_delete(actor=clerk, group=group, now=NOW)
    assert TagGrant.objects.count() == 1


def test_no_right(maintainer: User, actor: ActorOf, group: UserGroup) -> None:
    for call in (
        lambda who: group_create(actor=who, name="Mine", now=NOW),
        lambda who: group_rename(actor=who, group=group, name="Mine", now=NOW),
        lambda who: group_delete(actor=who, group=group, now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            call(actor(maintainer))


def test_the_platform_has_none(db: None) -> None:
    with tenant_context("platform"), pytest.raises(PermissionDenied):
        group_create(actor=Actor.system("tests", schema="platform"), name="Crew", now=NOW)
