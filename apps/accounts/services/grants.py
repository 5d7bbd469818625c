"""Grants: an action on one object, or on all robots with a tag, for a person or a group."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction

from apps.accounts.errors import GrantNotFound, PermissionNotHeld, UnknownAction, WrongResourceType
from apps.accounts.models import GroupGrant, TagGrant, User, UserGrant
from apps.accounts.permissions import allowed, require
from apps.accounts.roles import ACTIONS
from apps.common.actor import Actor
from apps.events.services import record

Grant = UserGrant | GroupGrant | TagGrant


def grant_add(*, actor: Actor, action: str, holder: User | Group, resource: models.Model, now: datetime) -> Grant:
    """Gives an action on one object to a person or a group [admin.manage]; giving it again changes nothing.

    To a person it takes the role's place for that action from now on; to a group it only adds. Raises
    ``UnknownAction``, ``WrongResourceType``, ``PermissionNotHeld`` for an action the actor may not do there.
    """
    permission = _permission(actor, action, type(resource))
    if not allowed(actor, action, resource):
        raise PermissionNotHeld
    kind = ContentType.objects.get_for_model(resource)
    row = {"permission": permission, "content_type": kind, "object_pk": str(resource.pk)}
    with transaction.atomic():
        if isinstance(holder, User):
            grant, made = UserGrant.objects.get_or_create(user=holder, **row, defaults={"created_at": now})
        else:
            grant, made = GroupGrant.objects.get_or_create(group=holder, **row, defaults={"created_at": now})
        if made:
            _record("grant.added", actor, grant, now=now)
    return grant  # type: ignore[no-any-return]  # guardian's managers are untyped


def tag_grant_add(
    *, actor: Actor, action: str, holder: User | Group, model: type[models.Model], scope_tag: str, now: datetime
) -> Grant:
    """Gives an action on every object of a model that carries a tag [admin.manage]; else as :func:`grant_add`."""
    _permission(actor, action, model)
    if "tags" not in {field.name for field in model._meta.get_fields()}:
        raise WrongResourceType
    if not allowed(actor, action):
        raise PermissionNotHeld
    holding = {"user": holder} if isinstance(holder, User) else {"group": holder}
    with transaction.atomic():
        grant, made = TagGrant.objects.get_or_create(
            action=action, scope_tag=scope_tag, **holding, defaults={"created_at": now}
        )
        if made:
            _record("grant.added", actor, grant, now=now)
    return grant


def grant_remove(*, actor: Actor, grant: Grant, now: datetime) -> None:
    """Takes a grant back [admin.manage]. Raises ``GrantNotFound`` when it is gone already."""
    require(actor, "admin.manage")
    with transaction.atomic():
        _record("grant.removed", actor, grant, now=now)
        rows: Any = type(grant).objects
        removed, _each = rows.filter(pk=grant.pk).delete()
        if not removed:
            raise GrantNotFound


def _permission(actor: Actor, action: str, model: type[models.Model]) -> Permission:
    """The permission of an action, which must be about this model."""
    require(actor, "admin.manage")
    if action not in ACTIONS:
        raise UnknownAction
    content_type = ContentType.objects.get_for_model(model)
    found = Permission.objects.filter(codename=action, content_type=content_type).first()
    if found is None:
        raise WrongResourceType
    return found


def _record(name: str, actor: Actor, grant: Grant, *, now: datetime) -> None:
    holder = getattr(grant, "user", None) or getattr(grant, "group", None)
    data = {"holder": type(holder).__name__.lower(), "holder_id": str(getattr(holder, "pk", ""))}
    if isinstance(grant, TagGrant):
        data |= {"action": grant.action, "scope_tag": grant.scope_tag}
    else:
        data |= {
            "action": grant.permission.codename,
            "resource_type": grant.content_type.model,
            "resource_id": grant.object_pk,
        }
    record(name, actor=actor, subject=grant, data=data, now=now)
