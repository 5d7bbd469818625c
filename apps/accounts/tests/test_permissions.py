"""The rule of rights: role, groups, grants of one's own, tags, keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import GroupGrant, User, UserGrant
from apps.accounts.permissions import allowed, require, scopes_of, visible_filter
from apps.accounts.roles import ACTIONS, ROLES
from apps.accounts.services.grants import grant_add, tag_grant_add
from apps.common.actor import Actor
from apps.common.errors import NotFound, PermissionDenied, Unauthorized
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.origin import CrossTenantError
from conftest import make_user

Actors = Callable[[User], Actor]
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported
NOW = timezone.now()


@pytest.fixture
def robots(organization: Organization) -> dict[str, Any]:
    tags = {"payroll": ["finance", "nightly"], "invoices": ["finance"], "backup": ["nightly"], "lone": []}
    return {name: Robot.objects.create(name=name, tags=tags[name]) for name in tags}


@pytest.fixture
def system(organization: Organization) -> Actor:
    return Actor.system("tests", schema=organization.schema_name)


def seen(actor: Actor, action: str = "robot.read") -> set[str]:
    return set(Robot.objects.filter(visible_filter(actor, action)).values_list("name", flat=True))


ALL = {"payroll", "invoices", "backup", "lone"}


@pytest.mark.usefixtures("robots")
@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_table_of_roles(organization: Organization, actor: Actors, role: str) -> None:
    known = actor(make_user(f"{role}@acme.example", role))
    held = {action for action, scope in scopes_of(known, ACTIONS).items() if scope.everywhere}
    assert held == ROLES[role]


def test_the_role_alone_gives_everything_or_nothing(
    actor: Actors, robots: dict[str, Any], viewer: User, stranger: User
) -> None:
    assert seen(actor(viewer)) == ALL
    assert allowed(actor(viewer), "robot.read", robots["lone"])
    assert not allowed(actor(viewer), "robot.run", robots["lone"])
    with pytest.raises(PermissionDenied):
        seen(actor(stranger))
    with pytest.raises(PermissionDenied):
        require(actor(stranger), "robot.read")


def test_a_grant_of_ones_own_widens_where_the_role_lacks_it(
    actor: Actors, system: Actor, robots: dict[str, Any], stranger: User
) -> None:
    grant_add(actor=system, action="robot.read", holder=stranger, resource=robots["payroll"], now=NOW)
    assert seen(actor(stranger)) == {"payroll"}
    require(actor(stranger), "robot.read")
    require(actor(stranger), "robot.read", robots["payroll"])
    with pytest.raises(NotFound):
        require(actor(stranger), "robot.read", robots["backup"])


def test_and_narrows_where_the_role_has_it(
    actor: Actors, system: Actor, robots: dict[str, Any], teammate: User
) -> None:
    for name in ("payroll", "lone"):
        grant_add(actor=system, action="robot.run", holder=teammate, resource=robots[name], now=NOW)
    assert seen(actor(teammate), "robot.run") == {"payroll", "lone"}
    with pytest.raises(PermissionDenied):
        require(actor(teammate), "robot.run", robots["backup"])
    assert seen(actor(teammate), "robot.read") == ALL, "other actions are as before"


def test_an_administrator_is_narrowed_too(actor: Actors, system: Actor, robots: dict[str, Any], owner: User) -> None:
    make_user("deputy@acme.example", "org_admin")  # one has to keep all rights
    grant_add(actor=system, action="robot.read", holder=owner, resource=robots["lone"], now=NOW)
    assert seen(actor(owner)) == {"lone"}


def test_a_grant_of_a_group_adds_and_never_narrows(
    actor: Actors, system: Actor, robots: dict[str, Any], teammate: User, stranger: User
) -> None:
    group = Group.objects.create(name="payroll people")
    for user in (teammate, stranger):
        user.groups.add(group)
    for action in ("robot.run", "robot.publish"):
        grant_add(actor=system, action=action, holder=group, resource=robots["payroll"], now=NOW)
    assert seen(actor(teammate), "robot.run") == ALL
    assert seen(actor(teammate), "robot.publish") == {"payroll"}
    assert seen(actor(stranger), "robot.run") == {"payroll"}


def test_a_group_adds_to_grants_of_ones_own(
    actor: Actors, system: Actor, robots: dict[str, Any], teammate: User
) -> None:
    group = Group.objects.create(name="payroll people")
    teammate.groups.add(group)
    grant_add(actor=system, action="robot.run", holder=group, resource=robots["payroll"], now=NOW)
    grant_add(actor=system, action="robot.run", holder=teammate, resource=robots["lone"], now=NOW)
    assert seen(actor(teammate), "robot.run") == {"payroll", "lone"}


def test_the_role_is_a_group(
    actor: Actors, system: Actor, robots: dict[str, Any], viewer: User, teammate: User
) -> None:
    grant_add(actor=system, action="robot.run", holder=viewer.role.group, resource=robots["lone"], now=NOW)
    assert seen(actor(viewer), "robot.run") == {"lone"}
    assert seen(actor(teammate), "robot.run") == ALL


def test_tags(actor: Actors, system: Actor, robots: dict[str, Any], teammate: User, stranger: User) -> None:
    tag_grant_add(actor=system, action="robot.run", holder=teammate, model=Robot, scope_tag="finance", now=NOW)
    assert seen(actor(teammate), "robot.run") == {"payroll", "invoices"}
    assert allowed(actor(teammate), "robot.run", robots["invoices"])
    assert not allowed(actor(teammate), "robot.run", robots["backup"])
    grant_add(actor=system, action="robot.run", holder=teammate, resource=robots["lone"], now=NOW)
    assert seen(actor(teammate), "robot.run") == {"payroll", "invoices", "lone"}
    group = Group.objects.create(name="night shift")
    stranger.groups.add(group)
    tag_grant_add(actor=system, action="robot.read", holder=group, model=Robot, scope_tag="nightly", now=NOW)
    assert seen(actor(stranger)) == {"payroll", "backup"}


def test_a_tag_does_nothing_to_models_without_tags(
    actor: Actors, system: Actor, robots: dict[str, Any], stranger: User
) -> None:
    tag_grant_add(actor=system, action="robot.read", holder=stranger, model=Robot, scope_tag="finance", now=NOW)
    assert not allowed(actor(stranger), "robot.read", stranger)


def test_a_key_is_confined_to_its_actions_whatever_its_maker_was_granted(
    actor: Actors, system: Actor, robots: dict[str, Any], viewer: User
) -> None:
    for action in ("robot.run", "robot.read"):
        grant_add(actor=system, action=action, holder=viewer, resource=robots["lone"], now=NOW)
    key = replace(
        actor(viewer),
        type="api_key",
        permissions=frozenset({"robot.read"}) & frozenset(viewer.role.actions),
        confined_to=frozenset({"robot.read", "robot.publish"}),
    )
    assert seen(key) == {"lone"}
    assert not allowed(key, "robot.run", robots["lone"])
    assert not allowed(key, "robot.publish", robots["lone"])
    assert seen(replace(key, confined_to=frozenset({"robot.run"})), "robot.run") == {"lone"}


def test_the_program_itself_may_everything(system: Actor, robots: dict[str, Any]) -> None:
    assert seen(system, "robot.publish") == ALL
    require(system, "secret.reveal", robots["lone"])


def test_nobody_is_401(organization: Organization) -> None:
    nobody = Actor.anonymous(schema=organization.schema_name)
    with pytest.raises(Unauthorized):
        require(nobody, "robot.read")
    with pytest.raises(Unauthorized):
        visible_filter(nobody, "robot.read")


def test_an_actor_of_another_organization_is_refused(
    actor: Actors, viewer: User, other_organization: Organization
) -> None:
    known = actor(viewer)
    with tenant_context(other_organization), pytest.raises(CrossTenantError):
        allowed(known, "robot.read")


@pytest.mark.usefixtures("robots")
def test_one_query_whatever_the_number_of_grants(actor: Actors, owner: User, teammate: User) -> None:
    made = Robot.objects.bulk_create([Robot(name=f"robot {number}") for number in range(1000)])
    permission = Permission.objects.get(codename="robot.run")
    kind = permission.content_type
    UserGrant.objects.bulk_create(
        UserGrant(user=teammate, permission=permission, content_type=kind, object_pk=str(robot.pk)) for robot in made
    )
    GroupGrant.objects.bulk_create(
        GroupGrant(group=teammate.role.group, permission=permission, content_type=kind, object_pk=str(robot.pk))
        for robot in made
    )
    known = actor(teammate)
    with CaptureQueriesContext(connection) as queries:
        require(known, "robot.run", made[500])
    assert len(queries) == 1
