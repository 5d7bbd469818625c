"""Attempts at a password: tried one at a time for each account, counted, noted, and locked out after five."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.db.models import F, Model
from django.db.models.functions import Greatest

from apps.accounts.errors import (
    AccountInactive,
    AccountLocked,
    LocalSignInOff,
    SecondFactorRequired,
    SecondStepOver,
    WrongCredentials,
    WrongPassword,
    WrongSecondFactor,
)
from apps.accounts.models import Role, User
from apps.accounts.payloads import Client
from apps.accounts.rows import PERSON, person_made
from apps.accounts.services.local_sign_in import local_sign_in_on
from apps.accounts.services.second_step_tickets import second_step_check
from apps.accounts.services.second_steps import second_factor_confirmed, second_step_take
from apps.common.actor import Actor
from apps.common.errors import ApplicationError, PermissionDenied
from apps.common.ids import uuid7
from apps.common.trace import current_trace_id
from apps.events.services import record
from apps.tenants.context import require_tenant, tenant_context, wrapper
from apps.tenants.errors import OrganizationInactive
from apps.tenants.models import Organization

FAILURES_UNTIL_LOCK = 5
LOCK = timedelta(minutes=30)
NOBODY = ""
_NO_PASSWORD = "!"  # noqa: S105  # what Django stores for "none"; checking against it costs one hash


# The row is held to the end of the transaction; the role, which all of its people share, is not.
_ACCOUNT = f"""
    SELECT {PERSON} FROM {User._meta.db_table} person JOIN {Role._meta.db_table} role ON role.id = person.role_id
    WHERE {{which}} FOR NO KEY UPDATE OF person
"""
_BY_ADDRESS, _BY_ID = _ACCOUNT.format(which="lower(person.email) = %s"), _ACCOUNT.format(which="person.id = %s")


@dataclass(frozen=True, slots=True)
class Attempt:
    """How trying a password on one account went: the user it was right for, and why that does not let in yet."""

    organization: Organization
    user: User | None = None
    refusal: ApplicationError | None = None


def attempt(
    organization: Organization, *, email: str, password: str, code: str | None = None, client: Client, now: datetime
) -> Attempt:
    """Tries a password on the account of an address in one organization, and a code where it has a second factor.

    The user's row stays locked meanwhile: attempts sent in parallel count as if they had come one after another.
    ``NOBODY`` as the address takes as long as any. No actor: it tells whether somebody becomes one.
    """
    with tenant_context(organization), transaction.atomic(savepoint=False):
        user = _held(_BY_ADDRESS, email.lower())
        if user is not None and user.locked_until is not None and user.locked_until > now:
            return Attempt(organization, refusal=account_locked(user.locked_until, now=now))
        if user is None or not user.check_password(password):
            if user is None:
                check_password(password, _NO_PASSWORD)
            failure_count(user, subject=user or organization, client=client, now=now)
            return Attempt(organization, refusal=WrongCredentials())
        off = _off(organization, user)
        if off is not None:
            _forget_failures(user)
            _note_refusal(user, client=client, data={"reason": off.code}, now=now)
            return Attempt(organization, refusal=off)
        return Attempt(organization, user=user, refusal=second_step(user, code, client=client, now=now))


def second_attempt(
    organization: Organization, *, user_id: UUID, ticket: str, code: str, client: Client, now: datetime
) -> Attempt:
    """Tries a code on the account that a ticket of the first step names, under the same lock as :func:`attempt`.

    Raises ``SecondStepOver``. No actor: it tells whether somebody becomes one.
    """
    with tenant_context(organization), transaction.atomic():
        user = _held(_BY_ID, user_id)
        if user is None:
            raise SecondStepOver
        second_step_check(ticket, user)
        if user.locked_until is not None and user.locked_until > now:
            return Attempt(organization, refusal=account_locked(user.locked_until, now=now))
        refusal = _off(organization, user) or second_step(user, code, client=client, now=now)
        return Attempt(organization, user=user, refusal=refusal)


def _held(statement: str, value: Any) -> User | None:
    """The account of an address or an id, locked until the transaction ends."""
    return next((person_made(row) for row in wrapper().ask(statement, (value,))), None)


def _off(organization: Organization, user: User) -> ApplicationError | None:
    """Why a right password does not let in."""
    if not organization.is_active:
        return OrganizationInactive()
    if not user.is_active:
        return AccountInactive()
    return None if local_sign_in_on() else LocalSignInOff()


def second_step(user: User, code: str | None, *, client: Client, now: datetime) -> ApplicationError | None:
    """Why somebody whose password was right is not let in yet; the caller holds the user's row.

    A wrong code counts as a wrong password does, and a right password alone takes nothing back: codes cannot be
    guessed in between. No actor: it tells whether somebody becomes one.
    """
    factor = second_factor_confirmed(user)
    if factor is not None and code is None:
        _note_refusal(user, client=client, data={"reason": SecondFactorRequired.code}, now=now)
        return SecondFactorRequired()
    if factor is not None and code is not None and not second_step_take(user, factor, code, client=client, now=now):
        failure_count(user, subject=user, client=client, reason=WrongSecondFactor.code, now=now)
        return WrongSecondFactor()
    _forget_failures(user)
    return None


def password_refusal(user: User, password: str, *, client: Client, now: datetime) -> ApplicationError | None:
    """Why a password does not prove that somebody is this user, whose row the caller holds; a wrong one is counted.

    No actor: the caller has one, and asks whether it is really them.
    """
    if user.locked_until is not None and user.locked_until > now:
        return account_locked(user.locked_until, now=now)
    if user.check_password(password):
        return None
    failure_count(user, subject=user, client=client, now=now)
    return WrongPassword()


def password_prove(*, actor: Actor, password: str, client: Client, now: datetime) -> None:
    """Asks for the actor's password once more, before what outlives a browser that was left open.

    Passes who has none here. Wrong ones count like those of a sign-in; an empty one is no guess, but a button that was
    pressed too soon. Raises ``WrongPassword``, ``AccountLocked``, ``PermissionDenied`` for anybody but a person.
    """
    if actor.type != "user":
        raise PermissionDenied
    with transaction.atomic():
        user: User = User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.user_id)
        refusal = None
        if user.has_usable_password():
            refusal = password_refusal(user, password, client=client, now=now) if password else WrongPassword()
    if refusal is not None:  # raised out here, so that the count is not rolled back
        raise refusal


def account_locked(until: datetime, *, now: datetime) -> AccountLocked:
    """The error of a locked account. No actor: it only says so."""
    seconds = (until - now).total_seconds()
    return AccountLocked(extra={"locked_until": until.isoformat()}, retry_after=seconds)


def failure_count(
    user: User | None, *, subject: Model, client: Client, reason: str = WrongCredentials.code, now: datetime
) -> None:
    """Counts a wrong password or code, in the transaction that holds the user's row; the fifth in a row locks it.

    No actor: whoever gave the password is not known by it.
    """
    failures = user.failed_logins + 1 if user is not None and user.locked_until is None else 1
    locked_until = now + LOCK if failures >= FAILURES_UNTIL_LOCK else None
    _count(user, failures=failures, locked_until=locked_until)
    data: dict[str, Any] = {"reason": reason, "failures": failures}
    if locked_until is not None:
        data["locked_until"] = locked_until.isoformat()
    _note_refusal(subject, client=client, data=data, now=now)


def failure_forgive(organization: Organization, *, email: str) -> None:
    """Takes back one failure that was none, with the lock it may have brought.

    No actor: the person behind the address has just proved who they are, in another organization.
    """
    with tenant_context(organization):
        fewer = Greatest(F("failed_logins") - 1, 0)
        User.objects.of_address(email).update(failed_logins=fewer, locked_until=None)


def _count(user: User | None, *, failures: int, locked_until: datetime | None) -> None:
    """Writes the count; for nobody the same statement, which finds no row, so that it takes the same time."""
    key = uuid7() if user is None else user.pk
    User.objects.filter(pk=key).update(failed_logins=failures, locked_until=locked_until)


def _forget_failures(user: User) -> None:
    """Starts the count of who is held, and has just been read, anew; where it stands at nothing, nothing is written."""
    if user.failed_logins or user.locked_until is not None:
        _count(user, failures=0, locked_until=None)


def _note_refusal(subject: Model, *, client: Client, data: dict[str, Any], now: datetime) -> None:
    actor = Actor.anonymous(schema=require_tenant(), ip=client.ip, trace_id=current_trace_id())
    record("session.refused", actor=actor, subject=subject, data=data, now=now)
