"""Rotating the key that signs access tokens, without signing anybody out."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.accounts.keyring import Key, configured_keys, key_sealed, keyring
from apps.common.actor import Actor
from apps.common.ids import uuid7
from apps.events.services import record
from apps.tenants.context import tenant_context
from apps.tenants.locks import transaction_lock
from apps.tenants.models import SigningKey
from apps.tenants.naming import PLATFORM

_BYTES = 48


def signing_key_rotate(*, at_once: bool = False, now: datetime) -> SigningKey:
    """Makes a new key that signs; tokens of the others work until the last of them would have expired.

    ``at_once`` ends the others now, for a key that somebody else may know: everybody then refreshes. Keys whose time
    is over are removed. The first rotation takes over those of ``JWT_KEYS``, which count for nothing any more.

    No actor: whoever can run commands on the server; the ledger says so.
    """
    end = now if at_once else now + _longest()
    with tenant_context(PLATFORM), transaction.atomic():
        transaction_lock("signing-keys")
        if not SigningKey.objects.exists():
            _take_over(settings.ENV.jwt_keys, end=end)
        SigningKey.objects.filter(signs=True).update(signs=False, verifies_until=end)
        SigningKey.objects.filter(signs=False, verifies_until__gt=end).update(verifies_until=end)
        SigningKey.objects.filter(signs=False, verifies_until__lte=now).delete()
        made = _store(Key(f"k{uuid7().hex}", secrets.token_bytes(_BYTES)), signs=True)
        data = {"kid": made.kid, "others_until": end.isoformat()}
        record("signing_key.rotated", actor=Actor.system("command", schema=PLATFORM), subject=made, data=data, now=now)
        transaction.on_commit(keyring.forget)
    return made


def _longest() -> timedelta:
    """Until the last token of an old key has expired: another process may sign with it until it looks again."""
    return timedelta(seconds=settings.ENV.access_token_seconds + settings.ENV.organization_cache_seconds)


def _take_over(configured: str, *, end: datetime) -> None:
    for key in configured_keys(configured):
        _store(Key(key.kid, key.secret, end), signs=False)


def _store(key: Key, *, signs: bool) -> SigningKey:
    return SigningKey.objects.create(
        kid=key.kid, sealed=key_sealed(key), signs=signs, verifies_until=key.verifies_until
    )
