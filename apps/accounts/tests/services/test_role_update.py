"""Changing what a role of the organization's own may do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from apps.accounts.errors import PermissionNotHeld, RoleBuiltIn, RoleNotFound
from apps.accounts.models import Role, User
from apps.accounts.services.roles import role_create, role_update
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, PreconditionFailed
from apps.events.models import Event

NOW = timezone.now()
ActorOf = Callable[[User], Actor]


@pytest.fixture
def role(owner: User, actor: ActorOf) -> Role:
    return role_create(actor=actor(owner), slug="clerk", name="Clerk", actions=["run.read", "audit.read"], now=NOW)


def test_it_works(owner: User, actor: ActorOf, role: Role) -> None:
    changed = role_update(actor=actor(owner), role=role, name="Helper", actions=["run.read", "run.cancel"], now=NOW)
    stored = Role.objects.get(pk=role.pk)
    assert (stored.name, stored.actions, stored.slug) == ("Helper", ["run.cancel", "run.read"], "clerk")
    assert changed.actions == stored.actions
    assert {each.codename for each in stored.group.permissions.all()} == {"run.cancel", "run.read"}
    assert Event.objects.get(name="role.updated").data == {"added": ["run.cancel"], "removed": ["audit.read"]}


def test_nothing_new_is_not_noted(owner: User, actor: ActorOf, role: Role) -> None:
    role_update(actor=actor(owner), role=role, name="Clerk", actions=["run.read", "audit.read"], now=NOW)
    assert not Event.objects.filter(name="role.updated").exists()


def test_built_in_ones_stay(owner: User, actor: ActorOf) -> None:
    with pytest.raises(RoleBuiltIn):
        role_update(actor=actor(owner), role=Role.objects.get(slug="viewer"), name="V", actions=[], now=NOW)


def test_nobody_touches_a_role_that_may_more(owner: User, actor: ActorOf, role: Role) -> None:
    small = role_create(actor=actor(owner), slug="small", name="Small", actions=["admin.manage"], now=NOW)
    User.objects.filter(pk=owner.pk).update(role=small)
    owner.refresh_from_db()
    for actions in (["admin.manage"], ["run.read", "audit.read"]):
        with pytest.raises(PermissionNotHeld):
            role_update(actor=actor(owner), role=role, name="Clerk", actions=actions, now=NOW)
    with pytest.raises(PermissionNotHeld):
        role_update(actor=actor(owner), role=small, name="Small", actions=["admin.manage", "run.read"], now=NOW)


def test_one_that_is_gone(owner: User, actor: ActorOf, role: Role) -> None:
    Role.objects.filter(pk=role.pk).delete()
    with pytest.raises(RoleNotFound):
        role_update(actor=actor(owner), role=role, name="Clerk", actions=[], now=NOW)


def test_stale(owner: User, actor: ActorOf, role: Role) -> None:
    with pytest.raises(PreconditionFailed):
        role_update(actor=actor(owner), role=role, name="Clerk", actions=[], if_match='"stale"', now=NOW)


def test_no_right(maintainer: User, actor: ActorOf, role: Role) -> None:
    with pytest.raises(PermissionDenied):
        role_update(actor=actor(maintainer), role=role, name="Clerk", actions=[], now=NOW)
