"""Which keys sign and verify access tokens: those of ``JWT_KEYS`` until the first rotation, from then on stored ones.

Every process looks at the stored keys again every ``ORGANIZATION_CACHE_SECONDS``, and once a second at most when a
token names a key that it does not know: a key may sign in one process before another has heard of it.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from apps.common.sealing import Unsealable, derived_key, seal, unseal
from apps.tenants.context import public_context
from apps.tenants.models import SigningKey

logger = structlog.get_logger(__name__)

MISS_SECONDS = 1.0
_PURPOSE = "signing-keys"
_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Key:
    """One key; ``verifies_until`` is None for the one that signs, and for all of ``JWT_KEYS``."""

    kid: str
    secret: bytes = field(repr=False)
    verifies_until: datetime | None = None


def key_sealed(key: Key) -> bytes:
    """How a key's secret is stored."""
    return seal(derived_key(_PURPOSE), key.secret, bound_to=key.kid.encode())


def _unsealed(row: SigningKey) -> Key:
    secret = unseal(derived_key(_PURPOSE), bytes(row.sealed), bound_to=row.kid.encode())
    return Key(row.kid, secret, row.verifies_until)


@lru_cache(maxsize=4)
def configured_keys(configured: str) -> tuple[Key, ...]:
    """The keys of ``JWT_KEYS``, the one that signs first."""
    pairs = (entry.strip().partition(":") for entry in configured.split(",") if entry.strip())
    return tuple(Key(kid, base64.b64decode(secret, validate=True)) for kid, _colon, secret in pairs)


class Keyring:
    """Thread-safe. Stored keys that ``SECRET_KEY`` does not open count as none, and the log says so."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stored: Mapping[str, Key] | None = None
        self._read_at = _NEVER

    def signing(self) -> Key:
        """The key that signs from now on. Raises ``ImproperlyConfigured`` where none of those stored can be opened."""
        keys = self._keys(settings.ENV.organization_cache_seconds)
        if not keys:
            raise ImproperlyConfigured("SECRET_KEY opens no signing key; run `manage.py rotate_signing_key --at-once`")
        return next(iter(keys.values()))

    def verifying(self, kid: str) -> bytes | None:
        """The secret of a key whose tokens count at this moment."""
        longest = settings.ENV.organization_cache_seconds
        key = self._keys(longest).get(kid) or self._keys(min(longest, MISS_SECONDS)).get(kid)
        if key is None or (key.verifies_until is not None and key.verifies_until <= timezone.now()):
            return None
        return key.secret

    def forget(self) -> None:
        """Makes the next token look at the stored keys again."""
        self._read_at = _NEVER

    def _keys(self, seconds: float) -> Mapping[str, Key]:
        with self._lock:
            if time.monotonic() - self._read_at > seconds:
                started = time.monotonic()
                self._stored = _read()
                self._read_at = started
            stored = self._stored
        return {key.kid: key for key in configured_keys(settings.ENV.jwt_keys)} if stored is None else stored


def _read() -> Mapping[str, Key] | None:
    """The stored keys that can be opened, the one that signs first; None where none are stored.

    Keys of the configuration that were rotated out must not count again because SECRET_KEY is another.
    """
    with public_context():
        rows = list(SigningKey.objects.order_by("-signs", "-id"))
    if not rows:
        return None
    keys = {}
    for row in rows:
        try:
            keys[row.kid] = _unsealed(row)
        except Unsealable:
            logger.exception("signing_key_unsealable", kid=row.kid)
    return keys


keyring = Keyring()
