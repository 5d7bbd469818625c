"""Rights: role and groups give actions; explicit grants of a user for an action take the role's place for it.

Kept from Enesa: with no explicit grant the role suffices; where a user has explicit grants for an action, one of them
must match the object. Grants of a group only add.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermission, UserObjectPermission

from apps.accounts.models import TagGrant
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, Unauthorized


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an actor may do one action: everywhere, or on these ids and tags."""

    everywhere: bool
    ids: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    @property
    def nowhere(self) -> bool:
        return not (self.everywhere or self.ids or self.tags)

    def covers(self, instance: models.Model) -> bool:
        """Whether the object is in it; tags count only on models that have them."""
        if self.everywhere or str(instance.pk) in self.ids:
            return True
        return bool(self.tags) and not self.tags.isdisjoint(getattr(instance, "tags", ()))


def scope_of(actor: Actor, action: str) -> Scope:
    """Where ``actor`` may do ``action``: two queries at most, none for the program itself."""
    if actor.everything:
        return Scope(everywhere=True)
    if actor.type == "api_key" and action not in actor.permissions:
        return Scope(everywhere=False)
    if actor.user is None:
        return Scope(everywhere=actor.holds(action))
    own, from_groups = _grants(actor, action)
    if own:
        ids = frozenset(key for kind, key in own | from_groups if kind == "id")
        tags = frozenset(key for kind, key in own | from_groups if kind == "tag")
        return Scope(everywhere=False, ids=ids, tags=tags)
    if action in actor.permissions:
        return Scope(everywhere=True)
    return Scope(
        everywhere=False,
        ids=frozenset(key for kind, key in from_groups if kind == "id"),
        tags=frozenset(key for kind, key in from_groups if kind == "tag"),
    )


def _grants(actor: Actor, action: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The user's own and the groups' grants for an action, as (kind, key), in one query."""
    user_id = actor.user_id
    member = Q(group__user=user_id)

    def rows(source: Any, kind: str, key: str, own: bool) -> Any:
        return source.values_list(
            models.Value(kind, output_field=models.CharField()),
            models.functions.Cast(key, models.CharField()),
            models.Value(own, output_field=models.BooleanField()),
        )

    found = rows(
        UserObjectPermission.objects.filter(user_id=user_id, permission__codename=action), "id", "object_pk", True
    ).union(
        rows(GroupObjectPermission.objects.filter(member, permission__codename=action), "id", "object_pk", False),
        rows(TagGrant.objects.filter(user_id=user_id, action=action), "tag", "scope_tag", True),
        rows(TagGrant.objects.filter(member, action=action), "tag", "scope_tag", False),
        all=True,
    )
    own: set[tuple[str, str]] = set()
    from_groups: set[tuple[str, str]] = set()
    for kind, key, is_own in found:
        (own if is_own else from_groups).add((kind, key))
    return own, from_groups


def allowed(actor: Actor, action: str, instance: models.Model | None = None) -> bool:
    """Whether ``actor`` may do ``action``, on ``instance`` or, without one, anywhere at all."""
    scope = scope_of(actor, action)
    return not scope.nowhere if instance is None else scope.covers(instance)


def require(actor: Actor, action: str, instance: models.Model | None = None) -> None:
    """Raises ``Unauthorized`` for nobody known and ``PermissionDenied`` where :func:`allowed` says no."""
    if not actor.is_authenticated:
        raise Unauthorized
    if not allowed(actor, action, instance):
        raise PermissionDenied


def visible_filter(actor: Actor, action: str, *, prefix: str = "", tags: bool = True) -> Q:
    """A filter for the objects ``actor`` may do ``action`` on, through relation ``prefix`` (``"robot__"``).

    Raises ``PermissionDenied`` where it may nowhere; ``tags=False`` for models without tags.
    """
    if not actor.is_authenticated:
        raise Unauthorized
    scope = scope_of(actor, action)
    if scope.nowhere:
        raise PermissionDenied
    if scope.everywhere:
        return Q()
    matching = Q(**{f"{prefix}pk__in": scope.ids})
    if tags and scope.tags:
        matching |= Q(**{f"{prefix}tags__overlap": list(scope.tags)})
    return matching
