"""Second factors: set up by their owners, given up with password and code, taken away by administrators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.contrib.auth.hashers import is_password_usable
from django.db import transaction

from apps.accounts.codes import otpauth_uri, plain, recovery_codes_new, secret_new, secret_text
from apps.accounts.errors import (
    NoSession,
    SecondFactorExists,
    SecondFactorNotFound,
    SecondFactorNotOffered,
    SecondFactorOff,
    SecondFactorOwn,
    UserNotFound,
    WrongCode,
)
from apps.accounts.models import RecoveryCode, SecondFactor, Session, User
from apps.accounts.payloads import Client, Enrolment
from apps.accounts.permissions import require_insider
from apps.accounts.services.attempts import failure_count, password_refusal
from apps.accounts.services.second_steps import (
    recovery_hash,
    second_factor_confirmed,
    second_step_take,
    secret_sealed,
    step_of,
)
from apps.accounts.services.sessions import Ending, sessions_revoke
from apps.accounts.services.users import reach_require
from apps.common.actor import Actor
from apps.common.errors import ApplicationError, PermissionDenied
from apps.events.services import record
from apps.tenants.context import require_tenant
from apps.tenants.selectors import organization_current, organization_title

PENDING = timedelta(minutes=15)
Result = TypeVar("Result")


def second_factor_begin(*, actor: Actor, password: str, client: Client, now: datetime) -> Enrolment:
    """Begins to set up the actor's device with a new secret, which is told this once; an earlier beginning is void.

    It counts only when this session gives a code of it within 15 minutes. Raises ``WrongPassword``, ``AccountLocked``,
    ``SecondFactorNotOffered`` for who has no password here, ``SecondFactorExists``, ``PermissionDenied`` for anybody
    but a person.
    """
    secret = secret_new()
    with transaction.atomic():
        user = _locked(actor)
        if not is_password_usable(user.password):
            raise SecondFactorNotOffered
        refusal = password_refusal(user, password, client=client, now=now)
        if refusal is None:
            if second_factor_confirmed(user) is not None:
                raise SecondFactorExists
            SecondFactor.objects.update_or_create(
                user=user,
                defaults={
                    "secret": secret_sealed(user, secret),
                    "session_id": actor.session_id,
                    "begun_at": now,
                    "last_step": 0,
                },
            )
            record("second_factor.begun", actor=actor, subject=user, now=now)
    if refusal is not None:  # raised out here, so that the count is not rolled back
        raise refusal
    issuer = organization_title(organization_current())
    return Enrolment(secret_text(secret), otpauth_uri(secret, issuer=issuer, account=user.email))


def second_factor_confirm(*, actor: Actor, code: str, now: datetime) -> list[str]:
    """Makes the device count, once it gave a code; returns the recovery codes, which are told this once.

    Other sessions of the actor end, for they began without it. Raises ``WrongCode``, ``SecondFactorExists``,
    ``NoSession``, ``SecondFactorOff`` where this session began none within 15 minutes.
    """
    with transaction.atomic():
        user, session_id = _locked(actor), actor.session_id
        if session_id is None:
            raise NoSession
        if second_factor_confirmed(user) is not None:
            raise SecondFactorExists
        factor = SecondFactor.objects.filter(user=user, session_id=session_id, begun_at__gt=now - PENDING).first()
        if factor is None:
            raise SecondFactorOff
        step = step_of(factor, plain(code), now=now)
        if step is None:
            raise WrongCode
        factor.confirmed_at, factor.last_step = now, step
        factor.save(update_fields=["confirmed_at", "last_step"])
        others = Session.objects.filter(user=user, revoked_at=None).exclude(pk=session_id)
        sessions_revoke(actor=actor, sessions=others, reason=Ending.SECOND_FACTOR_ADDED, now=now)
        record("second_factor.confirmed", actor=actor, subject=user, now=now)
        return _codes_renew(user)


def second_factor_disable(*, actor: Actor, password: str, code: str, client: Client, now: datetime) -> None:
    """Gives up the actor's device and recovery codes; wrong passwords and codes count like those of a sign-in.

    Raises ``WrongPassword``, ``WrongCode``, ``AccountLocked``, ``SecondFactorOff``.
    """

    def perform(user: User) -> None:
        _remove(user)
        record("second_factor.disabled", actor=actor, subject=user, now=now)

    _proved(actor, perform, password=password, code=code, client=client, now=now)


def recovery_codes_renew(*, actor: Actor, password: str, code: str, client: Client, now: datetime) -> list[str]:
    """New recovery codes, told this once; the old ones are void. Raises what :func:`second_factor_disable` raises."""

    def perform(user: User) -> list[str]:
        record("recovery_codes.renewed", actor=actor, subject=user, now=now)
        return _codes_renew(user)

    return _proved(actor, perform, password=password, code=code, client=client, now=now)


def second_factor_remove(*, actor: Actor, user: User, now: datetime) -> None:
    """Takes away somebody's device that is lost, with the recovery codes [admin.manage].

    Raises ``PermissionNotHeld`` for who may more than the actor, ``SecondFactorOwn`` for the actor's own, which takes
    password and code, ``SecondFactorNotFound``.
    """
    require_insider(actor, "admin.manage")
    if str(user.pk) == str(actor.user_id):
        raise SecondFactorOwn
    with transaction.atomic():
        user = User.objects.select_for_update(of=("self",), no_key=True).select_related("role").get(pk=user.pk)
        reach_require(actor, user)
        if second_factor_confirmed(user) is None:
            raise SecondFactorNotFound
        _remove(user)
        record("second_factor.removed", actor=actor, subject=user, now=now)


def second_factor_reset(*, email: str, now: datetime) -> None:
    """Takes away the device of a person of the current organization; the way out when nobody else can.

    Raises ``UserNotFound``, ``SecondFactorNotFound``. No actor: whoever can run commands on the server; the ledger says
    so.
    """
    with transaction.atomic():
        user = User.objects.of_address(email).select_for_update(of=("self",), no_key=True).first()
        if user is None:
            raise UserNotFound
        if second_factor_confirmed(user) is None:
            raise SecondFactorNotFound
        _remove(user)
        actor = Actor.system("command", schema=require_tenant())
        record("second_factor.removed", actor=actor, subject=user, now=now)


def _proved(
    actor: Actor, perform: Callable[[User], Result], *, password: str, code: str, client: Client, now: datetime
) -> Result:
    """Does something to a device, for who has both password and code; the account's row is kept meanwhile."""
    with transaction.atomic():
        user = _locked(actor)
        factor = second_factor_confirmed(user)
        if factor is None:
            raise SecondFactorOff
        refusal = _refusal(user, factor, password=password, code=code, client=client, now=now)
        if refusal is None:
            return perform(user)
    raise refusal  # out here, so that the count is not rolled back


def _refusal(
    user: User, factor: SecondFactor, *, password: str, code: str, client: Client, now: datetime
) -> ApplicationError | None:
    refusal = password_refusal(user, password, client=client, now=now)
    if refusal is None and not second_step_take(user, factor, code, client=client, now=now):
        failure_count(user, subject=user, client=client, reason=WrongCode.code, now=now)
        refusal = WrongCode()
    return refusal


def _locked(actor: Actor) -> User:
    if actor.type != "user":
        raise PermissionDenied
    user: User = User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.user_id)
    return user


def _remove(user: User) -> None:
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def _codes_renew(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = recovery_codes_new()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=recovery_hash(user, plain(code))) for code in codes
    )
    return codes
