"""Sealing bytes: AES-256-GCM under keys derived from SECRET_KEY, so that a copy of the database tells nothing."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE_BYTES = 12


class Unsealable(ValueError):
    """The bytes were sealed with another key, for something else, or changed since."""


def derived_key(purpose: str, secret: str = "") -> bytes:
    """A key of 32 bytes for one purpose; with ``secret``, nobody who lacks it can derive the key."""
    given = secret.encode()
    material = settings.SECRET_KEY.encode() + len(given).to_bytes(4, "big") + given
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(material)


def keyed_digest(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA256: equal for equal data, and meaningless without the key."""
    return hmac.digest(key, data, sha256)


def seal(key: bytes, data: bytes, *, bound_to: bytes) -> bytes:
    """Encrypts ``data``; it can be opened only together with what it is bound to."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, bound_to)


def unseal(key: bytes, sealed: bytes, *, bound_to: bytes) -> bytes:
    """What :func:`seal` was given; raises ``Unsealable``."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise Unsealable from error
