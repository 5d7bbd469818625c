"""Access tokens (JWT, RFC 7519 and 9068) and the opaque secrets beside them.

Signed with HMAC-SHA256 by the first of ``JWT_KEYS`` and verified by the key that ``kid`` names, so keys can be rotated.
The algorithm is ours to choose, never the token's; only symmetric keys are known, so there is none to confuse.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings

from apps.common.ids import uuid7

ALGORITHM = "HS256"
TYPE = "at+jwt"
AUDIENCE = "oficina-api"
ISSUER = "oficina"
MAXIMUM_LENGTH = 4096
CLOCK_SKEW = timedelta(seconds=60)
_REMEMBERED = 4096  # tokens whose signature this process has verified already, some 1 kB each
_REQUIRED = ["sub", "org", "aud", "iss", "iat", "exp", "jti", "sid", "role"]


class InvalidToken(Exception):
    """Not a token of ours, or no longer one."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says."""

    user_id: UUID
    organization_id: UUID
    session_id: UUID
    role: str
    expires_at: int


@lru_cache(maxsize=4)
def _keys(configured: str) -> dict[str, bytes]:
    pairs = (entry.strip().partition(":") for entry in configured.split(",") if entry.strip())
    return {kid: base64.b64decode(key, validate=True) for kid, _colon, key in pairs}


def access_token(*, user: Any, organization_id: UUID, session_id: UUID, now: datetime) -> str:
    """A signed access token that lives ``ACCESS_TOKEN_SECONDS``."""
    keys = _keys(settings.ENV.jwt_keys)
    kid = next(iter(keys))
    issued = int(now.timestamp())
    claims = {
        "sub": str(user.pk),
        "org": str(organization_id),
        "aud": AUDIENCE,
        "iss": ISSUER,
        "iat": issued,
        "exp": issued + settings.ENV.access_token_seconds,
        "jti": str(uuid7()),
        "sid": str(session_id),
        "role": user.role.slug,
    }
    return jwt.encode(claims, keys[kid], algorithm=ALGORITHM, headers={"kid": kid, "typ": TYPE})


def read_access_token(token: str) -> Claims:
    """Verifies type, key, algorithm, signature, audience, issuer and times; raises ``InvalidToken``.

    Expiry is exact; a token may come from a machine whose clock is up to a minute ahead.
    """
    if len(token) > MAXIMUM_LENGTH:
        raise InvalidToken
    claims = _verified(token, settings.ENV.jwt_keys)
    if claims.expires_at <= time.time():
        raise InvalidToken
    return claims


@lru_cache(maxsize=_REMEMBERED)
def _verified(token: str, keys: str) -> Claims:
    """Everything but the expiry, which alone changes with time; what is refused is not remembered."""
    try:
        claims = jwt.decode(
            token,
            _key_named_in(token, keys),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": _REQUIRED, "verify_iat": False},
        )
        _refuse_from_the_future(claims["iat"])
        ids = UUID(claims["sub"]), UUID(claims["org"]), UUID(claims["sid"])
        return Claims(*ids, role=str(claims["role"]), expires_at=int(claims["exp"]))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidToken from error


def _key_named_in(token: str, keys: str) -> bytes:
    header = jwt.get_unverified_header(token)
    key = _keys(keys).get(header.get("kid") or "")
    if key is None or header.get("typ") != TYPE:
        raise InvalidToken
    return key


def _refuse_from_the_future(issued_at: float) -> None:
    if datetime.fromtimestamp(issued_at, UTC) > datetime.now(UTC) + CLOCK_SKEW:
        raise InvalidToken


def new_secret() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256 of a random secret; such secrets have too much entropy to need a slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
