"""Asking an issuer what it is, before anything is stored."""

from __future__ import annotations

from django.conf import settings

from apps.accounts.errors import OidcNotOnPlatform
from apps.accounts.oidc.discovery import Provider, discover
from apps.accounts.oidc.seats import own_turn
from apps.accounts.permissions import require_insider
from apps.common.actor import Actor
from apps.common.limits import hit
from apps.tenants.context import require_tenant
from apps.tenants.naming import PLATFORM

MANAGE = "settings.manage"


def oidc_issuer_check(*, actor: Actor, issuer: str) -> Provider:
    """What an issuer says of itself, over the network; writes nothing, and counts towards the rate of saving
    [settings.manage].

    Raises ``PermissionDenied``, ``OidcNotOnPlatform``, ``OidcUnreachable``, ``TooManyRequests``.
    """
    require_insider(actor, MANAGE)
    if require_tenant() == PLATFORM:
        raise OidcNotOnPlatform
    hit(settings.ENV.rate_limit_oidc_setup, "oidc-setup")
    with own_turn():
        return discover(issuer)
