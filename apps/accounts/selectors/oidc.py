"""The organization's issuer."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache

from apps.accounts.errors import OidcNotConfigured
from apps.accounts.models import OidcSettings
from apps.accounts.permissions import require
from apps.common.actor import Actor

_OIDC = "oidc_settings"


def oidc_settings() -> OidcSettings | None:
    """The issuer of the current organization, if it has one.

    Kept for ORGANIZATION_CACHE_SECONDS; a change shows at once in the process that made it, in others by then.
    """
    kept: tuple[OidcSettings | None] | None = cache.get(_OIDC)
    if kept is None:
        kept = (OidcSettings.objects.first(),)
        cache.set(_OIDC, kept, settings.ENV.organization_cache_seconds)
    return kept[0]


def oidc_settings_forget() -> None:
    """Makes this process read the current organization's issuer again."""
    cache.delete(_OIDC)


def oidc_settings_get(*, actor: Actor) -> OidcSettings:
    """The organization's issuer, read afresh [settings.manage]. Raises ``OidcNotConfigured``."""
    require(actor, "settings.manage")
    found: OidcSettings | None = OidcSettings.objects.first()
    if found is None:
        raise OidcNotConfigured
    return found
