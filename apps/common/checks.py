"""System checks of a deployment; apps add their own. Run by ``manage.py check --deploy``."""

from __future__ import annotations

import math
from collections import Counter
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  # Django's own name

_LEAST_BITS = 128
_PLACEHOLDERS = ("change", "insecure", "example", "secret", "password", "default")


def randomness(text: str) -> float:
    """Bits of Shannon's entropy in a text, taken by how often its characters occur."""
    return sum(-math.log2(count / len(text)) * count for count in Counter(text).values())


def is_weak(key: str) -> bool:
    """Whether a key looks typed rather than drawn."""
    return randomness(key) < _LEAST_BITS or any(word in key.lower() for word in _PLACEHOLDERS)


@register(Tags.security, deploy=True)
def check_keys(**_: Any) -> list[CheckMessage]:
    """Keys that somebody may guess."""
    found: list[CheckMessage] = []
    if is_weak(settings.SECRET_KEY):
        hint = "Make one: openssl rand -base64 48"
        found.append(Error("SECRET_KEY is not random enough.", hint=hint, id="common.E001"))
    token = settings.ENV.metrics_token
    if token and is_weak(token):
        found.append(Error("METRICS_TOKEN is not random enough.", hint="openssl rand -hex 24", id="common.E002"))
    return found


@register(Tags.security, deploy=True)
def check_openness(**_: Any) -> list[CheckMessage]:
    """What is open to more than it should be."""
    found: list[CheckMessage] = []
    origins = settings.ENV.cors_allowed_origins
    if settings.ENV.debug:
        found.append(Error("DEBUG is on: any origin may call the API.", hint="DEBUG=false", id="common.E003"))
    if any("*" in origin for origin in origins):
        found.append(Error("CORS_ALLOWED_ORIGINS holds a wildcard.", hint="Name each origin.", id="common.E004"))
    if any(origin.startswith("http:") for origin in origins):
        found.append(Warning("CORS_ALLOWED_ORIGINS names an origin without TLS.", id="common.W005"))
    if any(ip_network(proxy, strict=False).prefixlen == 0 for proxy in settings.ENV.trusted_proxies):
        hint = "Name the proxies: what anybody writes into X-Forwarded-For is believed now."
        found.append(Error("TRUSTED_PROXIES trusts every address.", hint=hint, id="common.E006"))
    if settings.ENV.trusted_proxies and not settings.ENV.metrics_token:
        hint = "Set METRICS_TOKEN; behind a proxy nobody is local."
        found.append(Warning("/metrics can be read by nobody.", hint=hint, id="common.W007"))
    return found
