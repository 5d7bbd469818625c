"""Tokens of an issuer: whose key signed them, for whom, from when until when.

The algorithm is one of ours, never merely the token's word, and it must fit the key: public keys alone are known, so a
token signed with a public key as if that were a secret fails, and so does one that is not signed.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
LEEWAY_SECONDS = 60
MAXIMUM_LENGTH = 16 * 1024
_SMALLEST_RSA = 2048
_REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
_WRONG = (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError)


class BadToken(Exception):
    """Not a token of this issuer for us, or no longer one."""


class UnknownKey(BadToken):
    """It may be one, but it is signed with a key that is not among those known."""


def issuer_named(token: str) -> str:
    """The issuer that a token names, true or not; raises ``BadToken`` for what is no token at all."""
    if len(token) > MAXIMUM_LENGTH:
        raise BadToken
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except _WRONG as error:
        raise BadToken from error
    return issuer if isinstance(issuer, str) else ""


def verified(token: str, *, issuer: str, audiences: Collection[str], keys: Sequence[dict[str, str]]) -> dict[str, Any]:
    """The claims of a token once signature, issuer, audience and times are right, the last within a minute.

    Raises ``UnknownKey`` where another look at the issuer's keys may help, ``BadToken`` otherwise.
    """
    if len(token) > MAXIMUM_LENGTH:
        raise BadToken
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS or "crit" in header:
            raise BadToken
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(header.get("kid"), algorithm, keys),
            algorithms=[algorithm],
            audience=list(audiences),
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
    except BadToken:
        raise
    except _WRONG as error:
        raise BadToken from error
    return claims


def verified_id_token(
    token: str, *, issuer: str, client_id: str, nonce: str, keys: Sequence[dict[str, str]]
) -> dict[str, Any]:
    """The claims of an ID token that answers the sign-in that ``nonce`` began. Raises what :func:`verified` raises."""
    claims = verified(token, issuer=issuer, audiences=[client_id], keys=keys)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(errors="replace"), nonce.encode()):
        raise BadToken
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise BadToken
    return claims


def _key(kid: object, algorithm: str, keys: Sequence[dict[str, str]]) -> Any:
    """The one key that ``kid`` names; a token that names none is taken where there is but one key."""
    signing = [key for key in keys if key.get("use", "sig") == "sig"]
    named = [key for key in signing if key.get("kid") == kid] if kid is not None else signing
    fitting = [key for key in named if key.get("alg", algorithm) == algorithm]
    if kid is not None and not named:
        raise UnknownKey
    if len(fitting) != 1:
        raise BadToken
    key = jwt.PyJWK(dict(fitting[0]), algorithm=algorithm).key
    if isinstance(key, RSAPublicKey) and key.key_size < _SMALLEST_RSA:
        raise BadToken
    return key
