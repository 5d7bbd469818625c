"""Codes of devices (TOTP, RFC 6238) and recovery codes: arithmetic alone, nothing is stored here."""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from datetime import datetime
from urllib.parse import quote, urlencode

from django_otp.oath import TOTP

STEP_SECONDS, DIGITS, STEPS_BACK = 30, 6, 1
RECOVERY_CODES = 10
_SECRET_BYTES, _RECOVERY_BYTES, _GROUP = 20, 15, 4
_CODE = re.compile(r"[0-9]{6}\Z")


def secret_new() -> bytes:
    """160 random bits, as RFC 4226 wants."""
    return secrets.token_bytes(_SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """The secret as people type it into their device."""
    return b32encode(secret).decode()


def otpauth_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """The address that devices read from a picture; all devices know its algorithm, digits and period."""
    label = f"{quote(issuer.replace(':', ' '), safe='')}:{quote(account, safe='@')}"
    values = {"secret": secret_text(secret), "issuer": issuer, "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"


def code_step(secret: bytes, code: str, *, after: int, now: datetime) -> int | None:
    """The time step whose code this is: the present one or the one before, and later than ``after``; else None."""
    if not _CODE.match(code):
        return None
    device = TOTP(secret, step=STEP_SECONDS, digits=DIGITS)
    for back in range(STEPS_BACK + 1):
        device.time = now.timestamp() - back * STEP_SECONDS
        if device.verify(int(code), min_t=after + 1):
            return int(device.t())
    return None


def recovery_codes_new() -> list[str]:
    """New recovery codes of 120 random bits, in groups that are easy to copy."""
    texts = [b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP)) for text in texts]


def plain(code: str) -> str:
    """A code as it counts, however somebody typed it."""
    return re.sub(r"[\s-]", "", code).lower()
