"""Groups of people: made, renamed and filled; what they are granted all of their members have beside their role.

Nobody gives, or takes, more than they hold: to put somebody in, or out, or to take a group away, is to give or take all
that the group was granted.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts.errors import GroupTaken, PermissionNotHeld
from apps.accounts.models import GroupGrant, TagGrant, User, UserGroup
from apps.accounts.permissions import Scope, require_insider, scopes_of
from apps.accounts.services.holders import group_locked, user_locked
from apps.common.actor import Actor
from apps.common.changes import check_fields
from apps.common.errors import InvalidInput, PermissionDenied
from apps.events.services import record
from apps.tenants.context import require_tenant
from apps.tenants.naming import PLATFORM
from apps.tenants.validators import line_validate

MANAGE = "admin.manage"


def group_create(*, actor: Actor, name: str, now: datetime) -> UserGroup:
    """Adds a group that has nobody in it and no rights [admin.manage]; the platform has none.

    Raises ``GroupTaken`` where a group or a role is called so, ``InvalidInput`` for a name of several lines or none.
    """
    _require(actor)
    group = _named(Group(), name)
    with transaction.atomic():
        _saved(group)
        row = UserGroup.objects.create(group=group, created_at=now)
        record("group.created", actor=actor, subject=row, data={"name": group.name}, now=now)
    return row


def group_rename(*, actor: Actor, group: UserGroup, name: str, now: datetime) -> UserGroup:
    """Gives a group another name [admin.manage]. Raises ``GroupNotFound``, ``GroupTaken``, ``InvalidInput``."""
    _require(actor)
    with transaction.atomic():
        group = group_locked(group)
        before = group.name
        if name == before:
            return group
        _saved(_named(group.group, name))
        record("group.renamed", actor=actor, subject=group, data={"before": before, "name": group.name}, now=now)
    return group


def group_delete(*, actor: Actor, group: UserGroup, now: datetime) -> None:
    """Takes a group away, and with it what its members had by it [admin.manage].

    Raises ``GroupNotFound``, ``PermissionNotHeld`` for one that was granted more than the actor may.
    """
    _require(actor)
    with transaction.atomic():
        group = group_locked(group)
        _require_reach(actor, group)
        members = [str(pk) for pk in group.group.user_set.order_by("pk").values_list("pk", flat=True)]
        record("group.deleted", actor=actor, subject=group, data={"name": group.name, "members": members}, now=now)
        named = group.group
        group.delete()
        named.delete()


def group_member_add(*, actor: Actor, group: UserGroup, user: User, now: datetime) -> None:
    """Puts somebody into a group; who is in it already stays [admin.manage].

    Raises ``GroupNotFound``, ``UserNotFound``, ``PermissionNotHeld`` for a group that was granted more than the actor
    may.
    """
    _member(actor, group, user, "group.member_added", now=now)


def group_member_remove(*, actor: Actor, group: UserGroup, user: User, now: datetime) -> None:
    """Takes somebody out of a group; who is not in it stays out [admin.manage]. Raises as :func:`group_member_add`."""
    _member(actor, group, user, "group.member_removed", now=now)


def _require(actor: Actor) -> None:
    require_insider(actor, MANAGE)
    if require_tenant() == PLATFORM:
        raise PermissionDenied


def _named(group: Group, name: str) -> Group:
    """The Django group under another name, judged."""
    group.name = name.strip()
    check_fields(group, ["name"])
    try:
        line_validate(group.name)
    except ValidationError as error:
        raise InvalidInput(errors={"name": error.messages}) from error
    return group


def _saved(group: Group) -> None:
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as error:
        raise GroupTaken(errors={"name": [GroupTaken.message]}) from error


def _member(actor: Actor, group: UserGroup, user: User, name: str, *, now: datetime) -> None:
    _require(actor)
    with transaction.atomic():
        group = group_locked(group)
        _require_reach(actor, group)
        user = user_locked(user)
        inside, wanted = group.group.user_set.filter(pk=user.pk).exists(), name == "group.member_added"
        if inside == wanted:
            return
        if wanted:
            user.groups.add(group.group)
        else:
            user.groups.remove(group.group)
        record(name, actor=actor, subject=group, data={"user_id": str(user.pk)}, now=now)


def _require_reach(actor: Actor, group: UserGroup) -> None:
    """The actor may all that the group was granted, where it was granted."""
    ids, tags = defaultdict(set), defaultdict(set)
    rows = GroupGrant.objects.filter(group=group.group)
    for action, key in rows.values_list("permission__codename", "object_pk"):
        ids[action].add(key)
    for action, tag in TagGrant.objects.filter(group=group.group).values_list("action", "scope_tag"):
        tags[action].add(tag)
    own = scopes_of(actor, {*ids, *tags})
    for action, scope in own.items():
        given = Scope(everywhere=False, ids=frozenset(ids[action]), tags=frozenset(tags[action]))
        if not scope.includes(given):
            raise PermissionNotHeld
