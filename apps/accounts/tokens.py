"""Access tokens (JWT, RFC 7519 and 9068) and the opaque secrets beside them.

Signed with HMAC-SHA256 and verified by the key that ``kid`` names, so keys can be rotated: see
:mod:`apps.accounts.keyring`.
The algorithm is ours to choose, never the token's; only symmetric keys are known, so there is none to confuse.
"""

from __future__ import annotations

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

from apps.accounts.keyring import keyring
from apps.common.ids import uuid7

ALGORITHM = "HS256"
TYPE = "at+jwt"
AUDIENCE = "oficina-api"
ISSUER = "oficina"
MAXIMUM_LENGTH = 4096
CLOCK_SKEW = timedelta(seconds=60)
_REMEMBERED = 1024  # tokens whose signature this process has verified already, some 1 kB each
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


def access_token(
    *, user: Any, organization_id: UUID, session_id: UUID, seconds: int | None = None, now: datetime
) -> str:
    """A signed access token that lives so many seconds, by default ``ACCESS_TOKEN_SECONDS``."""
    key = keyring.signing()
    issued = int(now.timestamp())
    claims = {
        "sub": str(user.pk),
        "org": str(organization_id),
        "aud": AUDIENCE,
        "iss": ISSUER,
        "iat": issued,
        "exp": issued + (settings.ENV.access_token_seconds if seconds is None else seconds),
        "jti": str(uuid7()),
        "sid": str(session_id),
        "role": user.role.slug,
    }
    return jwt.encode(claims, key.secret, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": TYPE})


def read_access_token(token: str) -> Claims:
    """Verifies type, key, algorithm, signature, audience, issuer and times; raises ``InvalidToken``.

    Expiry is exact; a token may come from a machine whose clock is up to a minute ahead.
    """
    if len(token) > MAXIMUM_LENGTH:
        raise InvalidToken
    key = keyring.verifying(_kid(token))
    if key is None:
        raise InvalidToken
    claims = _verified(token, key)
    if claims.expires_at <= time.time():
        raise InvalidToken
    return claims


@lru_cache(maxsize=_REMEMBERED)
def _kid(token: str) -> str:
    """The name of the key that a token says it is signed with."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise InvalidToken from error
    kid = header.get("kid")
    if header.get("typ") != TYPE or not isinstance(kid, str):
        raise InvalidToken
    return kid


@lru_cache(maxsize=_REMEMBERED)
def _verified(token: str, key: bytes) -> Claims:
    """Everything but the expiry, which alone changes with time; what is refused is not remembered."""
    try:
        claims = jwt.decode(
            token,
            key,
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


def _refuse_from_the_future(issued_at: float) -> None:
    if datetime.fromtimestamp(issued_at, UTC) > datetime.now(UTC) + CLOCK_SKEW:
        raise InvalidToken


def new_secret() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256 of a random secret; such secrets have too much entropy to need a slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
