"""A role of an organization's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from apps.accounts.errors import PermissionNotHeld, RoleTaken, UnknownAction
from apps.accounts.models import Role, User
from apps.accounts.services.roles import role_create
from apps.accounts.services.users import user_create
from apps.common.actor import Actor
from apps.common.errors import InvalidInput, PermissionDenied
from apps.events.models import Event
from apps.tenants.context import tenant_context
from conftest import PASSWORD

NOW = timezone.now()
ActorOf = Callable[[User], Actor]


def test_it_works(owner: User, actor: ActorOf) -> None:
    role = role_create(
        actor=actor(owner), slug="auditor", name="Auditor", actions=["run.read", "audit.read", "run.read"], now=NOW
    )
    stored = Role.objects.get(pk=role.pk)
    assert (stored.actions, stored.built_in, stored.group.name) == (["audit.read", "run.read"], False, "auditor")
    assert {each.codename for each in stored.group.permissions.all()} == {"audit.read", "run.read"}
    assert Event.objects.get(name="role.created").data == {"actions": ["audit.read", "run.read"]}
    ana = "ana@acme.example"
    person = user_create(actor=actor(owner), email=ana, name="Ana", role="auditor", password=PASSWORD, now=NOW)
    assert actor(person).holds("audit.read")
    assert not actor(person).holds("admin.manage")


@pytest.mark.parametrize("slug", ["viewer", "super_admin", "admin", "auditor"])
def test_a_name_that_is_taken(owner: User, actor: ActorOf, slug: str) -> None:
    role_create(actor=actor(owner), slug="auditor", name="Auditor", actions=[], now=NOW)
    with pytest.raises(RoleTaken) as refused:
        role_create(actor=actor(owner), slug=slug, name="Again", actions=[], now=NOW)
    assert refused.value.errors is not None
    assert refused.value.errors.keys() == {"slug"}


@pytest.mark.parametrize("given", [{"slug": "with space"}, {"slug": "x" * 61}, {"name": ""}])
def test_names_that_are_none(owner: User, actor: ActorOf, given: dict[str, str]) -> None:
    values = {"slug": "auditor", "name": "Auditor"} | given
    with pytest.raises(InvalidInput):
        role_create(actor=actor(owner), **values, actions=[], now=NOW)
    assert not Group.objects.filter(name=values["slug"]).exists()


@pytest.mark.parametrize("action", ["nonsense", "platform.manage"])
def test_no_such_action(owner: User, actor: ActorOf, action: str) -> None:
    with pytest.raises(UnknownAction):
        role_create(actor=actor(owner), slug="auditor", name="Auditor", actions=[action], now=NOW)


def test_nobody_gives_more_than_they_hold(owner: User, actor: ActorOf) -> None:
    role_create(actor=actor(owner), slug="clerk", name="Clerk", actions=["admin.manage", "run.read"], now=NOW)
    User.objects.filter(pk=owner.pk).update(role=Role.objects.get(slug="clerk"))
    owner.refresh_from_db()
    with pytest.raises(PermissionNotHeld):
        role_create(actor=actor(owner), slug="more", name="More", actions=["secret.reveal"], now=NOW)


def test_no_right(maintainer: User, actor: ActorOf) -> None:
    with pytest.raises(PermissionDenied):
        role_create(actor=actor(maintainer), slug="auditor", name="Auditor", actions=[], now=NOW)


def test_the_platform_has_none_of_its_own(owner: User) -> None:
    with tenant_context("platform"), pytest.raises(PermissionDenied):
        role_create(actor=Actor.system("x", schema="platform"), slug="auditor", name="Auditor", actions=[], now=NOW)
