"""Access tokens (JWT, RFC 7519) and the opaque secrets beside them.

Signed with HMAC-SHA256 by the first of ``JWT_KEYS`` and verified by the key that ``kid`` names, so keys can be rotated.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings

from apps.common.ids import uuid7

ALGORITHM = "HS256"
AUDIENCE = "oficina-api"
ISSUER = "oficina"
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
    return {kid: base64.b64decode(key) for kid, _colon, key in pairs}


def access_token(*, user: Any, organization_id: UUID, session_id: UUID, now: datetime) -> str:
    """A signed access token that lives ``ACCESS_TOKEN_SECONDS``."""
    keys = _keys(settings.ENV.jwt_keys)
    kid = next(iter(keys))
    expires = now + timedelta(seconds=settings.ENV.access_token_seconds)
    claims = {
        "sub": str(user.pk),
        "org": str(organization_id),
        "aud": AUDIENCE,
        "iss": ISSUER,
        "iat": int(now.timestamp()),
        "exp": int(expires.timestamp()),
        "jti": str(uuid7()),
        "sid": str(session_id),
        "role": user.role.slug,
    }
    return jwt.encode(claims, keys[kid], algorithm=ALGORITHM, headers={"kid": kid})


def read_access_token(token: str) -> Claims:
    """Verifies signature, algorithm, audience, issuer and expiry; raises ``InvalidToken``."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = _keys(settings.ENV.jwt_keys).get(kid or "")
        if key is None:
            raise InvalidToken
        claims = jwt.decode(
            token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options={"require": _REQUIRED}
        )
        return Claims(
            UUID(claims["sub"]), UUID(claims["org"]), UUID(claims["sid"]), str(claims["role"]), int(claims["exp"])
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
        raise InvalidToken from error


def new_secret() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256 of a random secret; such secrets have too much entropy to need a slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
