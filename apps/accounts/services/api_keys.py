"""API keys: made by anybody for themselves, shown once, revoked by their maker or an administrator."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import ApiKeyNotFound, PermissionNotHeld, TooManyApiKeys, UnknownPermission
from apps.accounts.models import ApiKey, User
from apps.accounts.permissions import allowed, require_insider, scopes_of
from apps.accounts.roles import ACTIONS
from apps.accounts.services.holders import user_locked
from apps.accounts.tenancy import API_KEY, marked
from apps.accounts.tokens import hash_secret, new_secret
from apps.common.actor import Actor
from apps.common.errors import InvalidInput, PermissionDenied, Unauthorized
from apps.common.lines import check_lines
from apps.events.services import record
from apps.tenants.context import require_tenant


def api_key_create(
    *, actor: Actor, name: str, permissions: Sequence[str], expires_at: datetime | None = None, now: datetime
) -> tuple[ApiKey, str]:
    """Makes a key of the actor's own; returns it with the full key, which is stored as a hash only.

    Any person may, but a key makes no other key, which could outlive it. Raises ``UnknownPermission``,
    ``PermissionNotHeld`` for an action the maker may do nowhere, ``InvalidInput`` for an expiry in the past
    or a name of several lines, ``TooManyApiKeys`` for more than ``API_KEYS_PER_PERSON`` that can be used.
    """
    if not actor.is_authenticated:
        raise Unauthorized
    if actor.type != "user":
        raise PermissionDenied
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(errors={"expires_at": [_("This time has passed.")]})
    check_lines({"name": name})
    wanted = sorted(set(permissions))
    _require_known(wanted)
    lacking = [action for action, scope in scopes_of(actor, wanted).items() if scope.nowhere]
    if lacking:
        raise PermissionNotHeld(extra={"permissions": lacking})
    secret, prefix = new_secret(), marked(API_KEY, require_tenant(), secrets.token_hex(6))
    with transaction.atomic():
        _require_room(user_locked(actor.user), now)
        key = ApiKey.objects.create(
            user=actor.user,
            name=name,
            prefix=prefix,
            secret_hash=hash_secret(secret),
            permissions=wanted,
            expires_at=expires_at,
            created_at=now,
        )
        record("api_key.created", actor=actor, subject=key, data={"permissions": wanted}, now=now)
    return key, f"{prefix}.{secret}"


def _require_room(user: User, now: datetime) -> None:
    """Of two keys that are made at once, the row of their maker lets one count the other."""
    limit = settings.ENV.api_keys_per_person
    usable = Q(expires_at=None) | Q(expires_at__gt=now)
    if ApiKey.objects.filter(usable, user=user, revoked_at=None).count() >= limit:
        text = _("You hold %(limit)d API keys, and no more are possible; revoke one first.")
        raise TooManyApiKeys(text % {"limit": limit}, extra={"limit": limit})


def _require_known(permissions: Sequence[str]) -> None:
    unknown = [action for action in permissions if action not in ACTIONS]
    if unknown:
        texts = [_("There is no permission named %(name)s.") % {"name": action} for action in unknown]
        raise UnknownPermission(errors={"permissions": texts})


def api_key_revoke(*, actor: Actor, key: ApiKey, now: datetime) -> None:
    """Ends a key; it is refused from the next request on. Raises ``ApiKeyNotFound`` for another person's key."""
    if key.user_id != actor.user_id:
        if not allowed(actor, "admin.manage"):
            raise ApiKeyNotFound
        require_insider(actor, "admin.manage")
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            record("api_key.revoked", actor=actor, subject=key, now=now)
