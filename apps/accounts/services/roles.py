"""Roles: the built-in ones, kept equal to :mod:`apps.accounts.roles` everywhere, and those of an organization's own."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction

from apps.accounts.errors import (
    PermissionNotHeld,
    RoleBuiltIn,
    RoleInUse,
    RoleNotFound,
    RoleTaken,
    UnknownAction,
)
from apps.accounts.models import Role, User
from apps.accounts.permissions import require_insider, scopes_of
from apps.accounts.roles import ALIASES, NAMES, ORG_ADMIN, PLATFORM_ROLES, ROLES
from apps.common.actor import Actor
from apps.common.changes import check_fields
from apps.common.errors import PermissionDenied
from apps.common.etags import check_match
from apps.events.services import record
from apps.tenants.context import require_tenant
from apps.tenants.naming import PLATFORM

MANAGE = "admin.manage"


def role_create(*, actor: Actor, slug: str, name: str, actions: Collection[str], now: datetime) -> Role:
    """Adds a role of the organization's own [admin.manage]; the platform has none.

    Raises ``RoleTaken``, ``UnknownAction``, ``PermissionNotHeld`` for an action that the actor does not hold.
    """
    _require(actor)
    wanted = _checked(actor, actions)
    if slug in ROLES | PLATFORM_ROLES or slug in ALIASES:
        raise RoleTaken(errors={"slug": [RoleTaken.message]})
    with transaction.atomic():
        try:
            with transaction.atomic():
                group = Group.objects.create(name=slug)
                role = Role(slug=slug, name=name, actions=wanted, built_in=False, group=group, created_at=now)
                check_fields(role, ["slug", "name"])
                role.save(force_insert=True)
        except IntegrityError as error:
            raise RoleTaken(errors={"slug": [RoleTaken.message]}) from error
        _group_sync(role)
        record("role.created", actor=actor, subject=role, data={"actions": wanted}, now=now)
    return role


def role_update(
    *, actor: Actor, role: Role, name: str, actions: Collection[str], if_match: str | None = None, now: datetime
) -> Role:
    """Changes what a role of the organization's own is called and may do, for all who have it [admin.manage].

    It holds from their next request on. Raises ``RoleBuiltIn``, ``RoleNotFound``, ``UnknownAction``,
    ``PreconditionFailed``, ``PermissionNotHeld`` for an action that the role had or gets and the actor does not hold.
    """
    _require(actor)
    wanted = _checked(actor, actions)
    with transaction.atomic():
        role = _locked(role)
        check_match(role, if_match)
        _checked(actor, role.actions)
        before = set(role.actions)
        if before == set(wanted) and role.name == name:
            return role
        role.name, role.actions = name, wanted
        check_fields(role, ["name"])
        role.save(update_fields=["name", "actions"])
        _group_sync(role)
        data = {"added": sorted(set(wanted) - before), "removed": sorted(before - set(wanted))}
        record("role.updated", actor=actor, subject=role, data=data, now=now)
    return role


def role_delete(*, actor: Actor, role: Role, now: datetime) -> None:
    """Removes a role of the organization's own that nobody has, with the grants to it [admin.manage].

    Raises ``RoleBuiltIn``, ``RoleNotFound``, ``RoleInUse``, ``PermissionNotHeld`` for one that may more than the actor.
    """
    _require(actor)
    with transaction.atomic():
        role = _locked(role)
        _checked(actor, role.actions)
        if User.objects.filter(role=role).exists():
            raise RoleInUse
        record("role.deleted", actor=actor, subject=role, data={"slug": role.slug}, now=now)
        group = role.group
        role.delete()
        group.delete()


def _require(actor: Actor) -> None:
    require_insider(actor, MANAGE)
    if require_tenant() == PLATFORM:
        raise PermissionDenied


def _checked(actor: Actor, actions: Collection[str]) -> list[str]:
    """Nobody gives, changes or takes more than they hold; what belongs to the platform is for no role of these."""
    if not ORG_ADMIN.issuperset(actions):
        raise UnknownAction
    if not all(scope.everywhere for scope in scopes_of(actor, actions).values()):
        raise PermissionNotHeld
    return sorted(set(actions))


def _locked(role: Role) -> Role:
    found = Role.objects.select_for_update(of=("self",), no_key=True).select_related("group").filter(pk=role.pk).first()
    if found is None:
        raise RoleNotFound
    if found.built_in:
        raise RoleBuiltIn
    return found


def _group_sync(role: Role) -> None:
    role.group.permissions.set(Permission.objects.filter(codename__in=role.actions))


def roles_sync() -> None:
    """Writes the built-in roles, their groups and the groups' permissions, where they differ; safe to run again.

    No actor: it runs with the migrations, in the schema being prepared.
    """
    table = ROLES | PLATFORM_ROLES
    known = Permission.objects.filter(codename__in={action for actions in table.values() for action in actions})
    permissions = {permission.codename: permission for permission in known}
    found = Role.objects.filter(slug__in=table).select_related("group").prefetch_related("group__permissions")
    roles = {role.slug: role for role in found}
    for slug, actions in table.items():
        wanted = {"name": NAMES[slug], "actions": sorted(actions), "built_in": True}
        granted = [permissions[action] for action in sorted(actions) if action in permissions]
        role = roles.get(slug)
        if role is not None and _is_as_wanted(role, wanted, granted):
            continue
        group, _created = Group.objects.get_or_create(name=slug)
        group.permissions.set(granted)
        Role.objects.update_or_create(slug=slug, defaults=wanted | {"group": group})


def _is_as_wanted(role: Role, wanted: dict[str, Any], granted: list[Permission]) -> bool:
    return (
        all(getattr(role, name) == value for name, value in wanted.items())
        and role.group.name == role.slug
        and {*role.group.permissions.all()} == {*granted}
    )


def roles_text() -> str:
    """The table as text: a part of the schema's fingerprint. No actor: it only computes."""
    return repr(sorted((slug, sorted(actions)) for slug, actions in (ROLES | PLATFORM_ROLES).items()))
