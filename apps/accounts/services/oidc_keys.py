"""The keys an issuer signs with: kept with its settings, looked at anew each hour and when a token names another.

They stand in the database, so all processes know the same ones, and a restart or an issuer that is away for a while
stops nobody. A key that is not known is looked for at most as often as RATE_LIMIT_OIDC_KEYS says, whatever tokens are
made up. An issuer that hangs holds up one request at a time, for seconds, and is then left alone for a while: nobody
else waits for it, here or in other processes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings

from apps.accounts.errors import OidcIssuerAway, OidcUnreachable
from apps.accounts.models import OidcSettings
from apps.accounts.oidc.discovery import fetch_keys
from apps.accounts.oidc.verification import UnknownKey
from apps.accounts.selectors.oidc import oidc_settings_forget
from apps.common.errors import TooManyRequests
from apps.common.limits import hit, spent
from apps.common.turns import Turns, only_one

logger = structlog.get_logger(__name__)
FRESH, USABLE = timedelta(hours=1), timedelta(hours=24)
LOOK_SECONDS = 3.0
FAILED = "1/minute"
"""After a look that failed there is none for a minute."""
_FAILURE = "oidc-keys-failure"
_looks = Turns(4, lasting=LOOK_SECONDS)  # of one process, at whatever issuers: a fraction of WEB_THREADS
Check = Callable[[Sequence[dict[str, str]]], dict[str, Any]]


def oidc_checked(*, row: OidcSettings, check: Check, now: datetime) -> dict[str, Any]:
    """What ``check`` says of a token with the issuer's keys, looked at again where they are old or lack one.

    Raises ``BadToken``, and ``OidcIssuerAway`` once nobody could look at them for a day. No actor: it is how one is
    known.
    """
    if now - row.keys_fetched_at < FRESH:
        try:
            return check(row.keys)
        except UnknownKey:
            logger.debug("oidc_key_unknown", issuer=row.issuer)
    row = _looked_at(row, now=now)
    if now - row.keys_fetched_at >= USABLE:
        raise OidcIssuerAway
    return check(row.keys)


def _looked_at(row: OidcSettings, *, now: datetime) -> OidcSettings:
    """The settings with keys as new as can be had at once: by somebody else's look, or else by one of our own.

    Where somebody looks at this moment, or nobody can, they are as they were.
    """
    with suppress(TooManyRequests), _looks.taken(), only_one("oidc-keys", seconds=LOOK_SECONDS * 2):
        stored = _stored(row)
        if stored is None:
            return row
        if stored.keys_fetched_at <= row.keys_fetched_at and not spent(FAILED, _FAILURE, row.jwks_uri):
            _look(stored, now=now)
        return stored
    return _stored(row) or row


def _stored(row: OidcSettings) -> OidcSettings | None:
    """The settings as they are now; None where they are gone, or name other keys."""
    found: OidcSettings | None = OidcSettings.objects.filter(pk=row.pk, jwks_uri=row.jwks_uri).first()
    return found


def _look(row: OidcSettings, *, now: datetime) -> None:
    """Asks the issuer; one that does not answer leaves what is known.

    Raises ``TooManyRequests`` where that was done too often, or too many names of hosts are looked up already: then
    the issuer was not asked, and nothing is remembered against it.
    """
    hit(settings.ENV.rate_limit_oidc_keys, "oidc-keys")
    try:
        keys = fetch_keys(row.jwks_uri, seconds=LOOK_SECONDS)
    except OidcUnreachable as error:
        logger.warning("oidc_keys_unreachable", issuer=row.issuer, reason=error.extra.get("reason"))
        _failed(row)
        return
    row.keys, row.keys_fetched_at = keys, now
    OidcSettings.objects.filter(pk=row.pk, jwks_uri=row.jwks_uri).update(keys=keys, keys_fetched_at=now)
    oidc_settings_forget()


def _failed(row: OidcSettings) -> None:
    """Remembers a look that failed; that it is remembered already is no fault."""
    with suppress(TooManyRequests):
        hit(FAILED, _FAILURE, row.jwks_uri)
