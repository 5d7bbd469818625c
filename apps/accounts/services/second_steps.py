"""The second step of signing in: a code of the device, or a recovery code, each of which works once.

Whoever calls holds the row of the user: codes sent in parallel are tried one after another.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from apps.accounts.codes import code_step, plain
from apps.accounts.models import RecoveryCode, SecondFactor, User
from apps.accounts.payloads import Client
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.tokens import hash_secret
from apps.common.sealing import Unsealable, derived_key, seal, unseal
from apps.events.services import record
from apps.tenants.context import require_tenant, wrapper
from apps.tenants.rows import Rows

logger = structlog.get_logger(__name__)
_PURPOSE = "second-factor"
_FACTORS = Rows(SecondFactor)
_CONFIRMED = f"""
    SELECT {_FACTORS.columns("factor")} FROM {SecondFactor._meta.db_table} factor
    WHERE user_id = %s AND confirmed_at IS NOT NULL
"""


def second_factor_confirmed(user: User) -> SecondFactor | None:
    """The device that a person signs in with, if there is one. No actor: part of signing in."""
    return next((_FACTORS.made(row) for row in wrapper().ask(_CONFIRMED, (user.pk,))), None)


def second_step_take(user: User, factor: SecondFactor, code: str, *, client: Client, now: datetime) -> bool:
    """Uses up a code of the device or a recovery code; False where it is none, or was used before.

    No actor: it tells whether somebody is who they say.
    """
    given = plain(code)
    step = step_of(factor, given, now=now)
    if step is not None:
        factor.last_step = step
        factor.save(update_fields=["last_step"])
        return True
    used, _each = RecoveryCode.objects.filter(user=user, code_hash=recovery_hash(user, given)).delete()
    if used:
        actor = actor_of_user(user, schema=require_tenant(), ip=client.ip)
        data = {"left": RecoveryCode.objects.filter(user=user).count()}
        record("recovery_code.used", actor=actor, subject=user, data=data, now=now)
    return bool(used)


def step_of(factor: SecondFactor, code: str, *, now: datetime) -> int | None:
    """The time step of a code of this device that was not used yet. No actor: arithmetic on a sealed secret."""
    try:
        secret = unseal(derived_key(_PURPOSE), bytes(factor.secret), bound_to=factor.user_id.bytes)
    except Unsealable:
        logger.exception("second_factor_unsealable", user_id=str(factor.user_id))
        return None
    return code_step(secret, code, after=factor.last_step, now=now)


def secret_sealed(user: User, secret: bytes) -> bytes:
    """How a device's secret is stored, of use for this person alone. No actor: it only seals."""
    return seal(derived_key(_PURPOSE), secret, bound_to=user.pk.bytes)


def recovery_hash(user: User, code: str) -> str:
    """How a recovery code is stored. No actor: it only hashes."""
    return hash_secret(f"{user.pk}:{code}")
