"""Rights: role and groups give actions; explicit grants of a user for an action take the role's place for it.

Kept from Enesa: with no explicit grant the role suffices; where a user has explicit grants for an action, one of them
must match the object. Grants of a group, and of the role, which is one, only add. An API key never reaches beyond the
actions written on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Permission
from django.db import connection, models
from django.db.models import Q

from apps.accounts.models import GroupGrant, TagGrant, User, UserGrant
from apps.common.actor import Actor
from apps.common.errors import NotFound, PermissionDenied, Unauthorized
from apps.tenants.context import current_schema
from apps.tenants.guard import CrossTenantError


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


@dataclass(frozen=True, slots=True)
class _Grant:
    """One row of any of the grant tables, brought to one form."""

    action: str
    key: str
    by_tag: bool
    own: bool


_GROUPS = f"""
    (SELECT group_id FROM {User.groups.through._meta.db_table} WHERE user_id = %(user)s UNION ALL SELECT %(role)s)
"""
# Asked by nearly every request, so it is written out: Django takes longer to make it than PostgreSQL to answer it.
_GRANTS = f"""
    SELECT permission.codename, own.object_pk, false, true
    FROM {UserGrant._meta.db_table} own JOIN {Permission._meta.db_table} permission ON permission.id = own.permission_id
    WHERE own.user_id = %(user)s AND permission.codename = ANY(%(actions)s)
    UNION
    SELECT permission.codename, shared.object_pk, false, false
    FROM {GroupGrant._meta.db_table} shared
    JOIN {Permission._meta.db_table} permission ON permission.id = shared.permission_id
    WHERE shared.group_id IN {_GROUPS} AND permission.codename = ANY(%(actions)s)
    UNION
    SELECT action, scope_tag, true, coalesce(user_id = %(user)s, false)
    FROM {TagGrant._meta.db_table}
    WHERE (user_id = %(user)s OR group_id IN {_GROUPS}) AND action = ANY(%(actions)s)
"""
NOWHERE = Scope(everywhere=False)
EVERYWHERE = Scope(everywhere=True)


def scope_of(actor: Actor, action: str) -> Scope:
    """Where ``actor`` may do ``action``: one query, none for the program itself."""
    return scopes_of(actor, [action])[action]


def scopes_of(actor: Actor, actions: Iterable[str]) -> dict[str, Scope]:
    """Where ``actor`` may do each of ``actions``, in one query; refuses actors of another organization."""
    _check_home(actor)
    wanted = list(actions)
    grants = [] if actor.everything or actor.user is None else _grants(actor, wanted)
    return {action: _scope(actor, action, [grant for grant in grants if grant.action == action]) for action in wanted}


def _check_home(actor: Actor) -> None:
    if actor.schema != current_schema():
        raise CrossTenantError(f"actor {actor.label}", actor.schema, current_schema())


def _scope(actor: Actor, action: str, grants: list[_Grant]) -> Scope:
    if actor.everything:
        return EVERYWHERE
    if actor.confined_to is not None and action not in actor.confined_to:
        return NOWHERE
    if action in actor.permissions and not any(grant.own for grant in grants):
        return EVERYWHERE
    return Scope(
        everywhere=False,
        ids=frozenset(grant.key for grant in grants if not grant.by_tag),
        tags=frozenset(grant.key for grant in grants if grant.by_tag),
    )


def _grants(actor: Actor, actions: list[str]) -> list[_Grant]:
    """The grants of the user, the user's groups and the user's role, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_GRANTS, {"user": actor.user_id, "role": actor.user.role.group_id, "actions": actions})
        return [_Grant(*row) for row in cursor.fetchall()]


def allowed(actor: Actor, action: str, instance: models.Model | None = None) -> bool:
    """Whether ``actor`` may do ``action``, on ``instance`` or, without one, anywhere at all."""
    scope = scope_of(actor, action)
    return not scope.nowhere if instance is None else scope.covers(instance)


def require(actor: Actor, action: str, instance: models.Model | None = None) -> None:
    """Raises ``Unauthorized`` for nobody known and ``PermissionDenied`` where the actor may not.

    What an actor may read elsewhere but not here it does not see: for a ``*.read`` action that is narrowed to other
    objects the error is ``NotFound``.
    """
    if not actor.is_authenticated:
        raise Unauthorized
    scope = scope_of(actor, action)
    if scope.nowhere:
        raise PermissionDenied
    if instance is not None and not scope.covers(instance):
        raise NotFound if action.endswith(".read") else PermissionDenied


def require_member(actor: Actor) -> None:
    """Raises ``Unauthorized`` for nobody known; whoever belongs to the organization passes, with any rights or none."""
    if not actor.is_authenticated:
        raise Unauthorized
    _check_home(actor)


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
        matching |= Q(**{f"{prefix}tags__overlap": sorted(scope.tags)})
    return matching
