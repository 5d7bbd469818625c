"""Who has a second factor, and who must."""

from __future__ import annotations

from django.contrib.auth.hashers import is_password_usable

from apps.accounts.errors import SecondFactorMissing
from apps.accounts.models import RecoveryCode, SecondFactor
from apps.accounts.payloads import SecondFactorState
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.tenants.selectors import organization_settings


def second_factor_required(actor: Actor) -> bool:
    """Whether the organization wants a second factor of this account: an administrator's, with a password here."""
    return (
        actor.type == "user"
        and (actor.previewing or "admin.manage" in actor.permissions)  # only administrators look around as a role
        and is_password_usable(actor.user.password)
        and organization_settings().require_second_factor
    )


def second_factor_missing(actor: Actor) -> bool:
    """Whether the organization wants a second factor that this account does not have."""
    return (
        second_factor_required(actor)
        and not SecondFactor.objects.filter(user=actor.user_id, confirmed_at__isnull=False).exists()
    )


def second_factor_demand(actor: Actor) -> None:
    """Raises ``SecondFactorMissing`` for whoever must set one up before anything else."""
    if second_factor_missing(actor):
        raise SecondFactorMissing


def second_factor_state(*, actor: Actor) -> SecondFactorState:
    """The actor's own second factor. Raises ``PermissionDenied`` for anybody but a person."""
    if actor.type != "user":
        raise PermissionDenied
    factor = SecondFactor.objects.filter(user=actor.user_id, confirmed_at__isnull=False).first()
    return SecondFactorState(
        confirmed_at=factor.confirmed_at if factor is not None else None,
        recovery_codes_left=RecoveryCode.objects.filter(user=actor.user_id).count(),
        is_required=second_factor_required(actor),
    )
