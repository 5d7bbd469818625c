"""What an issuer says of itself (OpenID Connect Discovery), and the keys it signs with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from apps.accounts.errors import OidcUnreachable
from apps.accounts.models.oidc import ADDRESS_LENGTH
from apps.common.outgoing import LONGEST_SECONDS, AddressRefused, NoAnswer, json_of, require_address

MOST_KEYS = 50
_KINDS = frozenset({"RSA", "EC", "OKP"})  # public ones: a shared secret verifies nothing
_PARTS = ("kty", "kid", "use", "alg", "n", "e", "crv", "x", "y")
_WELL_KNOWN = "/.well-known/openid-configuration"
_MICROSOFT = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
        "login.windows.net",
        "sts.windows.net",
    }
)
_FOR_EVERYBODY = frozenset(
    {
        "https://accounts.google.com",
        "https://api.login.yahoo.com",
        "https://appleid.apple.com",
        "https://gitlab.com",
        "https://id.twitch.tv/oauth2",
        "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",  # personal accounts
        "https://slack.com",
        "https://www.facebook.com",
        "https://www.linkedin.com/oauth",
    }
)


@dataclass(frozen=True, slots=True)
class Provider:
    """An issuer's endpoints and keys; those of the browser's sign-in are empty where it has none."""

    issuer: str
    jwks_uri: str
    keys: list[dict[str, str]]
    authorization_endpoint: str
    token_endpoint: str
    token_auth_methods: list[str]


def discover(issuer: str) -> Provider:
    """Reads an issuer's configuration and its keys, over the network, both within LONGEST_SECONDS.

    Raises ``OidcUnreachable``; its ``reason`` is ``address`` (not https, not a host that may be asked), ``connection``
    (nobody there, or in a network of ours: they look alike), ``answer`` (no such document), ``issuer`` (it calls
    itself otherwise) or ``keys``. Raises ``TooManyRequests`` where it could not be asked.
    """
    if "?" in issuer or "#" in issuer:
        raise OidcUnreachable(extra={"reason": "address"})
    deadline = time.monotonic() + LONGEST_SECONDS
    told = _asked(issuer.rstrip("/") + _WELL_KNOWN)
    if told.get("issuer") != issuer:
        raise OidcUnreachable(extra={"reason": "issuer"})
    methods = told.get("token_endpoint_auth_methods_supported")
    jwks_uri = _endpoint(told, "jwks_uri")
    return Provider(
        issuer=issuer,
        jwks_uri=jwks_uri,
        keys=fetch_keys(jwks_uri, seconds=max(0.0, deadline - time.monotonic())),
        authorization_endpoint=_endpoint(told, "authorization_endpoint", required=False),
        token_endpoint=_endpoint(told, "token_endpoint", required=False),
        token_auth_methods=[str(method)[:60] for method in methods][:20] if isinstance(methods, list) else [],
    )


def fetch_keys(jwks_uri: str, *, seconds: float = LONGEST_SECONDS) -> list[dict[str, str]]:
    """The issuer's public keys as it publishes them, over the network, within ``seconds``.

    Raises ``OidcUnreachable``, ``TooManyRequests``.
    """
    keys = _asked(jwks_uri, seconds=seconds).get("keys")
    if not isinstance(keys, list):
        raise OidcUnreachable(extra={"reason": "keys"})
    usable = [_plain(key) for key in keys[:MOST_KEYS] if isinstance(key, dict) and key.get("kty") in _KINDS]
    if not usable:
        raise OidcUnreachable(extra={"reason": "keys"})
    return usable


def is_microsoft(issuer: str) -> bool:
    """Whether an issuer is Microsoft Entra ID, which was Azure Active Directory."""
    return (urlsplit(issuer).hostname or "") in _MICROSOFT


def is_for_everybody(issuer: str) -> bool:
    """Whether anybody at all can have an account there, so that only the domain of addresses tells people apart."""
    return issuer.rstrip("/") in _FOR_EVERYBODY


def _plain(key: dict[str, Any]) -> dict[str, str]:
    """What is needed of a public key, and nothing that our database would not take."""
    return {
        name: value
        for name in _PARTS
        if isinstance(value := key.get(name), str) and value.isascii() and value.isprintable()
    }


def _endpoint(told: dict[str, Any], name: str, *, required: bool = True) -> str:
    given = told.get(name)
    if given is None and not required:
        return ""
    try:
        if not isinstance(given, str) or len(given) > ADDRESS_LENGTH:
            raise AddressRefused
        require_address(given, allowed=settings.ENV.oidc_allowed_hosts)
    except AddressRefused as error:
        raise OidcUnreachable(extra={"reason": "address"}) from error
    return given


def _asked(address: str, *, seconds: float = LONGEST_SECONDS) -> dict[str, Any]:
    allowed = settings.ENV.oidc_allowed_hosts
    try:
        require_address(address, allowed=allowed)
    except AddressRefused as error:
        raise OidcUnreachable(extra={"reason": "address"}) from error
    try:
        return json_of(address, allowed=allowed, seconds=seconds)
    except AddressRefused as error:
        raise OidcUnreachable(extra={"reason": "connection"}) from error
    except NoAnswer as error:
        raise OidcUnreachable(extra={"reason": "answer" if error.answered else "connection"}) from error
