"""Rights: role and groups give actions; explicit grants of a user for an action take the role's place for it.

Kept from Enesa: with no explicit grant the role suffices; where a user has explicit grants for an action, one of them
must match the object. Grants of a group, and of the role, which is one, only add. An API key never reaches beyond the
actions written on it. Actions about the organization as a whole come from the role alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import models
from django.db.models import Q

from apps.accounts.errors import NotUnderSupport
from apps.accounts.grants import GRANTS, GRANTS_ON_ONE, GRANTS_TOLD, GrantRow
from apps.accounts.models import User
from apps.accounts.payloads import By, Decision
from apps.accounts.roles import ORGANIZATION_ACTIONS
from apps.common.actor import Actor
from apps.common.errors import NotFound, PermissionDenied, Unauthorized
from apps.tenants.context import current_schema, wrapper
from apps.tenants.guard import CrossTenantError


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an actor may do one action, everywhere or on these ids and tags, and what decided so."""

    everywhere: bool
    ids: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    by: By = field(default=By.GRANTS, compare=False)

    @property
    def nowhere(self) -> bool:
        return not (self.everywhere or self.ids or self.tags)

    def covers(self, instance: models.Model) -> bool:
        """Whether the object is in it, or what the object belongs to; tags count only on models that have them."""
        if self.everywhere:
            return True
        keys, tags = standing_places(instance)
        return not (self.ids.isdisjoint(keys) and self.tags.isdisjoint(tags))

    def includes(self, other: Scope) -> bool:
        """Whether whoever may so much may all that ``other`` is about."""
        return self.everywhere or (not other.everywhere and self.ids >= other.ids and self.tags >= other.tags)


def standing_places(instance: models.Model) -> tuple[list[str], list[str]]:
    """The ids and the tags a grant for this object may stand on: its own, and those of what ``granted_by`` names."""
    objects = [instance, *getattr(instance, "granted_by", ())]
    return [str(each.pk) for each in objects], [tag for each in objects for tag in getattr(each, "tags", ())]


EVERYWHERE = Scope(everywhere=True, by=By.PROGRAM)


def scope_of(actor: Actor, action: str) -> Scope:
    """Where ``actor`` may do ``action``: one query, none for the program itself."""
    return scopes_of(actor, [action])[action]


def scopes_of(actor: Actor, actions: Iterable[str]) -> dict[str, Scope]:
    """Where ``actor`` may do each of ``actions``, in one query; refuses actors of another organization."""
    _check_home(actor)
    wanted = list(actions)
    grants = _grants(GRANTS, actor, wanted)
    return {action: _scope(actor, action, [grant for grant in grants if grant.action == action]) for action in wanted}


def _check_home(actor: Actor) -> None:
    if actor.schema != current_schema():
        raise CrossTenantError(f"actor {actor.label}", actor.schema, current_schema())


def _scope(actor: Actor, action: str, grants: list[GrantRow]) -> Scope:
    if actor.everything:
        return EVERYWHERE
    if actor.confined_to is not None and action not in actor.confined_to:
        return Scope(everywhere=False, by=By.KEY)
    if action in actor.permissions and not any(grant.own for grant in grants):
        return Scope(everywhere=True, by=By.ROLE)
    return Scope(
        everywhere=False,
        ids=frozenset(grant.key for grant in grants if not grant.by_tag),
        tags=frozenset(grant.key for grant in grants if grant.by_tag),
    )


def _grants(statement: str, actor: Actor, actions: list[str], **more: Any) -> list[GrantRow]:
    """The grants of the user, the user's groups and the user's role, in one query; none where none can count."""
    asked = [action for action in actions if action not in ORGANIZATION_ACTIONS]
    if actor.everything or actor.user is None or not actor.may_have_grants or not asked:
        return []
    person_id = None if actor.previewing else actor.user_id  # a role is looked at as it is, without anybody's own
    values: Mapping[str, Any] = {"user": person_id, "role": actor.user.role.group_id, "actions": asked, **more}
    return [GrantRow(*row) for row in wrapper().ask(statement, values)]


def scope_around(actor: Actor, action: str, instance: models.Model) -> Scope:
    """As much of the actor's scope as matters for one object: one query of few rows, whatever the number of grants."""
    _check_home(actor)
    keys, tags = standing_places(instance)
    return _scope(actor, action, _grants(GRANTS_ON_ONE, actor, [action], keys=keys, tags=tags))


def decide(actor: Actor, action: str, instance: models.Model | None = None) -> Decision:
    """Whether ``actor`` may do ``action`` on ``instance``, or anywhere at all, with the grants that decide it.

    Where grants of the actor's own exclude the object, they are all told: they are why.
    """
    _check_home(actor)
    grants = _grants(GRANTS_TOLD, actor, [action])
    scope = _scope(actor, action, grants)
    may = not scope.nowhere if instance is None else scope.covers(instance)
    if scope.by is not By.GRANTS:
        return Decision(may, scope.by)
    matching = [grant for grant in grants if instance is None or _scope_of_one(scope, grant).covers(instance)]
    narrowing = [] if may else [grant for grant in grants if grant.own]
    return Decision(may, scope.by, matching, narrowing)


def _scope_of_one(scope: Scope, grant: GrantRow) -> Scope:
    only = frozenset({grant.key})
    return replace(scope, ids=frozenset() if grant.by_tag else only, tags=only if grant.by_tag else frozenset())


def allowed(actor: Actor, action: str, instance: models.Model | None = None) -> bool:
    """Whether ``actor`` may do ``action``, on ``instance`` or, without one, anywhere at all."""
    if instance is None:
        return not scope_of(actor, action).nowhere
    return scope_around(actor, action, instance).covers(instance)


def in_reach(actor: Actor, other: Actor, actions: Iterable[str]) -> bool:
    """Whether ``actor`` may all of ``actions`` wherever ``other`` may: nobody gives, or takes over, more than that."""
    if actor.everything:
        return True
    theirs = {action: scope for action, scope in scopes_of(other, actions).items() if not scope.nowhere}
    own = scopes_of(actor, theirs)
    return all(own[action].includes(scope) for action, scope in theirs.items())


def person(user: User) -> Actor:
    """Somebody as an actor, to ask what they may; nobody acts as this."""
    actions = frozenset(user.role.actions)
    return Actor(
        type="user",
        id=str(user.pk),
        label=user.email,
        schema=current_schema(),
        permissions=actions,
        role=user.role.slug,
        user=user,
    )


def require(actor: Actor, action: str, instance: models.Model | None = None) -> None:
    """Raises ``Unauthorized`` for nobody known and ``PermissionDenied`` where the actor may not.

    What an actor may read elsewhere but not here it does not see: for a ``*.read`` action that is narrowed to other
    objects the error is ``NotFound``.
    """
    if not actor.is_authenticated:
        raise Unauthorized
    scope = scope_of(actor, action) if instance is None else scope_around(actor, action, instance)
    if scope.nowhere:
        raise PermissionDenied
    if instance is not None and not scope.covers(instance):
        raise NotFound if action.endswith(".read") else PermissionDenied


def require_insider(actor: Actor, action: str, instance: models.Model | None = None) -> None:
    """Like :func:`require`, and raises ``NotUnderSupport`` for support of the platform.

    For what decides who gets into the organization and what they may there: people, roles, grants, keys, second
    factors, issuers; and for what would run later in its name: code and timetables. That stays with its own people,
    whoever else is let in for a while.
    """
    require(actor, action, instance)
    if actor.type == "support":
        raise NotUnderSupport


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
