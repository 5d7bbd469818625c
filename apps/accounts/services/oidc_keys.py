"""The keys an issuer signs with: kept with its settings, looked at anew each hour and when a token names another.

They stand in the database, so all processes know the same ones, and a restart or an issuer that is away for a while
stops nobody. A key that is not known is looked for at most as often as RATE_LIMIT_OIDC_KEYS says, whatever tokens are
made up.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings

from apps.accounts.errors import OidcIssuerAway, OidcUnreachable
from apps.accounts.models import OidcSettings
from apps.accounts.oidc.discovery import fetch_keys
from apps.accounts.oidc.verification import UnknownKey
from apps.accounts.selectors import oidc_settings_forget
from apps.common.errors import TooManyRequests
from apps.common.limits import hit
from apps.tenants.context import require_tenant

logger = structlog.get_logger(__name__)
FRESH, USABLE = timedelta(hours=1), timedelta(hours=24)
_WAIT_SECONDS = 3.0
_looking: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
Check = Callable[[Sequence[dict[str, str]]], dict[str, Any]]


def oidc_checked(*, row: OidcSettings, check: Check, now: datetime) -> dict[str, Any]:
    """What ``check`` says of a token with the issuer's keys, looked at again where they are old or lack one.

    Raises ``BadToken``, and ``OidcIssuerAway`` once nobody could look at them for a day. No actor: it is how one is
    known.
    """
    unknown = False
    if now - row.keys_fetched_at < FRESH:
        try:
            return check(row.keys)
        except UnknownKey:
            unknown = True
    row = _looked_at(row, wait=unknown, now=now)
    if now - row.keys_fetched_at >= USABLE:
        raise OidcIssuerAway
    return check(row.keys)


def _looked_at(row: OidcSettings, *, wait: bool, now: datetime) -> OidcSettings:
    """The settings with keys as new as can be had: by somebody else's look, or else by one of our own."""
    lock = _looking[require_tenant()]
    ours = lock.acquire(timeout=_WAIT_SECONDS) if wait else lock.acquire(blocking=False)
    try:
        stored = OidcSettings.objects.filter(pk=row.pk, jwks_uri=row.jwks_uri).first()
        if stored is None:
            return row
        if ours and stored.keys_fetched_at <= row.keys_fetched_at:
            _look(stored, now=now)
        return stored
    finally:
        if ours:
            lock.release()


def _look(row: OidcSettings, *, now: datetime) -> None:
    """Asks the issuer, unless that was done too often; an issuer that does not answer leaves what is known."""
    try:
        hit(settings.ENV.rate_limit_oidc_keys, "oidc-keys")
        keys = fetch_keys(row.jwks_uri)
    except TooManyRequests:
        return
    except OidcUnreachable as error:
        logger.warning("oidc_keys_unreachable", issuer=row.issuer, reason=error.extra.get("reason"))
        return
    row.keys, row.keys_fetched_at = keys, now
    OidcSettings.objects.filter(pk=row.pk, jwks_uri=row.jwks_uri).update(keys=keys, keys_fetched_at=now)
    oidc_settings_forget()
