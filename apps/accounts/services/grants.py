"""Grants: an action on one object, or on all robots with a tag, for a person or a group."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import (
    GrantExists,
    GrantNotFound,
    PermissionNotHeld,
    ResourceNotFound,
    WrongResourceType,
)
from apps.accounts.models import Grant, GroupGrant, TagGrant, User, UserGrant, UserGroup
from apps.accounts.permissions import Scope, in_reach, person, require_insider, scope_of
from apps.accounts.roles import ACTIONS
from apps.accounts.selectors.rights import permission_about, resource_find
from apps.accounts.services.administrators import administers, administrator_keep, administrators_lock
from apps.accounts.services.holders import group_locked, user_locked
from apps.common.actor import Actor
from apps.common.errors import InvalidInput
from apps.events.services import record

MANAGE = "admin.manage"


def holder_grant_add(
    *,
    actor: Actor,
    holder: User | UserGroup,
    action: str,
    resource_type: str,
    resource_id: Any = None,
    scope_tag: str | None = None,
    now: datetime,
) -> Grant:
    """Gives a person, or all of a group, an action on the object of this id, or on all with this tag [admin.manage].

    Raises ``GroupNotFound``, ``InvalidInput`` unless one of the two is given, ``ResourceNotFound``, and what
    :func:`grant_add` raises.
    """
    require_insider(actor, MANAGE)
    if (resource_id is None) == (scope_tag is None):
        text = _("Give either resource_id or scope_tag.")
        raise InvalidInput(errors={"resource_id": [text], "scope_tag": [text]})
    model: Any = permission_about(action, resource_type).content_type.model_class()
    with transaction.atomic():
        held_by = holder if isinstance(holder, User) else group_locked(holder).group
        given: Any = {"actor": actor, "action": action, "holder": held_by, "now": now}
        if scope_tag is not None:
            return tag_grant_add(**given, model=model, scope_tag=scope_tag)
        resource = resource_find(model, resource_id)
        if resource is None:  # whoever may not everywhere is not told what there is
            raise ResourceNotFound if scope_of(actor, action).everywhere else PermissionNotHeld
        return grant_add(**given, resource=resource)


def grant_add(*, actor: Actor, action: str, holder: User | Group, resource: models.Model, now: datetime) -> Grant:
    """Gives an action on one object to a person or a group [admin.manage].

    To a person it takes the role's place for that action from now on; to a group it only adds. Raises
    ``UnknownAction``, ``WrongResourceType``, ``GrantExists``, ``UserNotFound``, ``PermissionNotHeld`` for an action the
    actor may not do there, or would take from somebody elsewhere without holding it there, ``LastAdministrator`` where
    it would narrow the last administrator whom nothing narrows.
    """
    require_insider(actor, MANAGE)
    permission = permission_about(action, resource._meta.model_name or "")
    own = scope_of(actor, action)
    if not own.covers(resource):
        raise PermissionNotHeld
    row = {"permission": permission, "content_type": permission.content_type, "object_pk": str(resource.pk)}
    return _given(actor, own, UserGrant if isinstance(holder, User) else GroupGrant, holder, row, now=now)


def tag_grant_add(
    *, actor: Actor, action: str, holder: User | Group, model: type[models.Model], scope_tag: str, now: datetime
) -> Grant:
    """Gives an action on every object of a model that carries a tag [admin.manage]; else as :func:`grant_add`.

    Who holds the action on some objects only gives it for no tag but those of their own: any robot may get a tag.
    """
    require_insider(actor, MANAGE)
    permission_about(action, model._meta.model_name or "")
    if not _takes_tags(model):
        raise WrongResourceType
    own = scope_of(actor, action)
    if not (own.everywhere or scope_tag in own.tags):
        raise PermissionNotHeld
    return _given(actor, own, TagGrant, holder, {"action": action, "scope_tag": scope_tag}, now=now)


def grant_remove(*, actor: Actor, grant: Grant, now: datetime) -> None:
    """Takes a grant back [admin.manage].

    With the last of a person's grants for an action the role counts again. Raises ``GrantNotFound`` when it is gone
    already, ``PermissionNotHeld`` for one on what the actor may not, or where the role would give more than that.
    """
    require_insider(actor, MANAGE)
    own = scope_of(actor, grant.action)
    if not _holds(own, grant):
        raise PermissionNotHeld
    with transaction.atomic():
        holder = _holder(grant)
        if isinstance(holder, User):
            user_locked(holder)
        _record("grant.removed", actor, grant, now=now)
        rows: Any = type(grant).objects
        removed, _each = rows.filter(pk=grant.pk).delete()
        if not removed:
            raise GrantNotFound
        if isinstance(holder, User):
            _require_turn(actor, own, holder, grant.action)


def holder_grant_remove(*, actor: Actor, holder: User | UserGroup, grant_id: Any, now: datetime) -> None:
    """Takes one of the grants of a person, or of a group, back by its id [admin.manage].

    Raises ``GroupNotFound``, and what :func:`grant_remove` raises.
    """
    require_insider(actor, MANAGE)
    with transaction.atomic():
        kind, held_by = ("user", holder) if isinstance(holder, User) else ("group", group_locked(holder).group)
        model: Any = UserGrant if kind == "user" else GroupGrant
        rows = (model.objects.select_related("permission", "content_type"), TagGrant.objects.all())
        grant = next((grant for each in rows for grant in each.filter(**{kind: held_by}, pk=grant_id)), None)
        if grant is None:
            raise GrantNotFound
        grant_remove(actor=actor, grant=grant, now=now)


def _given(
    actor: Actor, own: Scope, model: type[Any], holder: User | Group, row: dict[str, Any], *, now: datetime
) -> Grant:
    action = row["action"] if model is TagGrant else row["permission"].codename
    with transaction.atomic():
        if isinstance(holder, User):
            administrators_lock()
            holder = user_locked(holder)
            _require_turn(replace(actor, may_have_grants=True), own, holder, action)  # as of now, under the lock
            if administers(holder) and action in holder.role.actions:
                administrator_keep(holder)
        holding = {"user" if isinstance(holder, User) else "group": holder}
        grant, made = model.objects.get_or_create(**holding, **row, defaults={"created_at": now})
        if not made:
            raise GrantExists
        _record("grant.added", actor, grant, now=now)
    return grant  # type: ignore[no-any-return]  # guardian's managers are untyped


def _require_turn(actor: Actor, own: Scope, holder: User, action: str) -> None:
    """Where somebody has an action everywhere, by role, only who may all that they may puts grants in its place.

    Else who administers people, and little more, could narrow every administrator, and nobody could undo it.
    """
    other = person(holder)
    if scope_of(other, action).everywhere and not (own.everywhere and in_reach(actor, other, ACTIONS)):
        raise PermissionNotHeld


def _takes_tags(model: type[models.Model]) -> bool:
    """Whether objects have tags, or those of what ``granted_by`` names."""
    return "tags" in {field.name for field in model._meta.get_fields()} or bool(getattr(model, "tags_count", False))


def _holds(own: Scope, grant: Grant) -> bool:
    if own.everywhere:
        return True
    if isinstance(grant, TagGrant):
        return grant.scope_tag in own.tags
    kind: ContentType = grant.content_type
    resource = resource_find(kind.model_class(), grant.object_pk)
    return resource is not None and own.covers(resource)


def _holder(grant: Grant) -> User | Group:
    return getattr(grant, "user", None) or grant.group  # type: ignore[union-attr,return-value]  # one of the two is set


def _record(name: str, actor: Actor, grant: Grant, *, now: datetime) -> None:
    holder = _holder(grant)
    data = {"holder": type(holder).__name__.lower(), "holder_id": str(holder.pk), "action": grant.action}
    if isinstance(grant, TagGrant):
        data |= {"scope_tag": grant.scope_tag}
    else:
        data |= {"resource_type": grant.resource_type, "resource_id": grant.resource_id}
    record(name, actor=actor, subject=grant, data=data, now=now)
