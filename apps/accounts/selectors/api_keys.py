"""Keys, as far as an actor may see them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.errors import ApiKeyNotFound
from apps.accounts.models import ApiKey
from apps.accounts.permissions import allowed, scopes_of
from apps.accounts.roles import ACTIONS
from apps.common.actor import Actor
from apps.common.errors import Unauthorized


def api_keys_visible(*, actor: Actor, search: str = "") -> QuerySet[ApiKey]:
    """Keys that have not been revoked, newest first: the actor's own, to administrators everybody's.

    ``search`` looks into name and prefix.
    """
    if not actor.is_authenticated:
        raise Unauthorized
    keys: QuerySet[ApiKey] = ApiKey.objects.filter(revoked_at=None).order_by("-id")
    if search:
        keys = keys.filter(Q(name__icontains=search) | Q(prefix__icontains=search))
    return keys if allowed(actor, "admin.manage") else keys.filter(user_id=actor.user_id)


def api_keys_own(*, actor: Actor) -> QuerySet[ApiKey]:
    """The actor's own keys that have not been revoked, newest first; who looks around as a role sees none."""
    keys = api_keys_visible(actor=actor).filter(user_id=actor.user_id)
    return keys.none() if actor.previewing else keys


def api_key_own_get(*, actor: Actor, key_id: UUID) -> ApiKey:
    """One of the actor's own keys. Raises ``ApiKeyNotFound`` for those of others, to administrators too."""
    found = api_keys_own(actor=actor).filter(pk=key_id).first()
    if found is None:
        raise ApiKeyNotFound
    return found


def actions_for_keys(*, actor: Actor) -> list[str]:
    """What a key of the actor's may hold: the actions that they may do somewhere."""
    return [action for action, scope in scopes_of(actor, sorted(ACTIONS)).items() if not scope.nowhere]


def api_key_get(*, actor: Actor, key_id: UUID) -> ApiKey:
    """One key that has not been revoked. Raises ``ApiKeyNotFound`` also for those of others."""
    found = api_keys_visible(actor=actor).filter(pk=key_id).first()
    if found is None:
        raise ApiKeyNotFound
    return found
