"""Removing a role that nobody has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from apps.accounts.errors import RoleBuiltIn, RoleInUse, RoleNotFound
from apps.accounts.models import Role, User
from apps.accounts.services.roles import role_create, role_delete
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.events.models import Event

NOW = timezone.now()
ActorOf = Callable[[User], Actor]


@pytest.fixture
def role(owner: User, actor: ActorOf) -> Role:
    return role_create(actor=actor(owner), slug="clerk", name="Clerk", actions=["run.read"], now=NOW)


def test_it_works(owner: User, actor: ActorOf, role: Role) -> None:
    role_delete(actor=actor(owner), role=role, now=NOW)
    assert not Role.objects.filter(slug="clerk").exists()
    assert not Group.objects.filter(name="clerk").exists()
    assert Event.objects.get(name="role.deleted").subject_id == str(role.pk)
    with pytest.raises(RoleNotFound):
        role_delete(actor=actor(owner), role=role, now=NOW)


def test_one_that_somebody_has(owner: User, viewer: User, actor: ActorOf, role: Role) -> None:
    User.objects.filter(pk=viewer.pk).update(role=role)
    with pytest.raises(RoleInUse):
        role_delete(actor=actor(owner), role=role, now=NOW)


def test_built_in_ones_stay(owner: User, actor: ActorOf) -> None:
    with pytest.raises(RoleBuiltIn):
        role_delete(actor=actor(owner), role=Role.objects.get(slug="agent"), now=NOW)


def test_no_right(maintainer: User, actor: ActorOf, role: Role) -> None:
    with pytest.raises(PermissionDenied):
        role_delete(actor=actor(maintainer), role=role, now=NOW)
