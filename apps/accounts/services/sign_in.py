"""Signing in with e-mail and password: through the API on any host, and on the pages of one organization.

All doors come through here, so the limits, the lock and the ledger know every attempt. Unknown addresses cost the same
time as known ones: one password hash, one row in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction

from apps.accounts.errors import AccountInactive, AccountLocked, OrganizationRequired, WrongCredentials
from apps.accounts.models import User
from apps.accounts.payloads import Client, SignedIn
from apps.accounts.services.directory import address_hash, directory_organizations
from apps.accounts.services.sessions import session_start, tokens_issue
from apps.common.actor import Actor
from apps.common.errors import ApplicationError
from apps.common.ids import uuid7
from apps.common.limits import hit
from apps.common.trace import current_trace_id
from apps.events.services import record
from apps.tenants.context import public_context, tenant_context
from apps.tenants.errors import OrganizationInactive
from apps.tenants.models import Organization
from apps.tenants.selectors import platform

FAILURES_UNTIL_LOCK = 5
LOCK = timedelta(minutes=30)
_NOBODY = ""
_NO_PASSWORD = "!"  # noqa: S105  # what Django stores for "none"; checking against it costs one hash


@dataclass(frozen=True, slots=True)
class Attempt:
    """How trying a password on one account went: the user it was right for, or why not."""

    organization: Organization
    user: User | None = None
    refusal: ApplicationError | None = None


def sign_in(
    *, email: str, password: str, slug: str | None, host: Organization | None, client: Client, now: datetime
) -> SignedIn:
    """Signs in through the API; ``host`` is the organization whose own host was asked, if any.

    On the shared host the organization is found by the address; where the password is right in several, ``slug`` must
    name one. Raises ``WrongCredentials``, ``AccountLocked``, ``AccountInactive``, ``OrganizationInactive``,
    ``OrganizationRequired``, ``TooManyRequests``. No actor: the person is about to become one.
    """
    _limit(email, client)
    candidates = _candidates(email, slug=slug, host=host)
    attempts = [_attempt(each, email=email, password=password, client=client, now=now) for each in candidates]
    if not attempts:
        attempts = [_attempt(_home(host), email=_NOBODY, password=password, client=client, now=now)]
    organization, user = _chosen(attempts)
    with tenant_context(organization), transaction.atomic():
        session = session_start(user=user, schema=organization.schema_name, client=client, now=now)
        tokens = tokens_issue(session=session, user=user, organization=organization, now=now)
    return SignedIn(user, organization, session, tokens)


def page_sign_in(*, email: str, password: str, organization: Organization, client: Client, now: datetime) -> User:
    """Checks e-mail and password for the pages of one organization, under the same rules as the API.

    Raises what :func:`sign_in` raises. The door begins the session. No actor: the person is about to become one.
    """
    _limit(email, client)
    return _chosen([_attempt(organization, email=email, password=password, client=client, now=now)])[1]


def _limit(email: str, client: Client) -> None:
    hit(settings.ENV.rate_limit_login, "login-ip", client.ip or "")
    hit(settings.ENV.rate_limit_login, "login-address", address_hash(email))


def _candidates(email: str, *, slug: str | None, host: Organization | None) -> list[Organization]:
    """Where to look for the account; the directory is read in every case, so that each takes the same time."""
    known = directory_organizations(email=email)
    if host is not None:
        return [host] if slug in {None, host.slug} else []
    if slug is None:
        return known
    with public_context():
        return list(Organization.objects.filter(slug=slug))


def _home(host: Organization | None) -> Organization:
    """Where an attempt on an unknown address is noted."""
    home = host or platform()
    if home is None:
        raise WrongCredentials
    return home


def _attempt(organization: Organization, *, email: str, password: str, client: Client, now: datetime) -> Attempt:
    """Tries a password on the account of an address in one organization.

    The user's row stays locked meanwhile: attempts sent in parallel count as if they had come one after another.
    An empty address is nobody's, and takes as long as any.
    """
    with tenant_context(organization), transaction.atomic():
        user: User | None = (
            User.objects.of_address(email).select_for_update(of=("self",), no_key=True).select_related("role").first()
        )
        if user is not None and user.locked_until is not None and user.locked_until > now:
            return Attempt(organization, refusal=account_locked(user.locked_until, now=now))
        if user is None or not user.check_password(password):
            if user is None:
                check_password(password, _NO_PASSWORD)
            _fail(organization, user, client=client, now=now)
            return Attempt(organization, refusal=WrongCredentials())
        _count(user, failures=0, locked_until=None)
        if organization.is_active and user.is_active:
            return Attempt(organization, user=user)
        off = AccountInactive() if organization.is_active else OrganizationInactive()
        _note_refusal(organization, user, client=client, data={"reason": off.code}, now=now)
        return Attempt(organization, refusal=off)


def account_locked(until: datetime, *, now: datetime) -> AccountLocked:
    """The error of a locked account. No actor: it only says so."""
    seconds = (until - now).total_seconds()
    return AccountLocked(extra={"locked_until": until.isoformat()}, retry_after=seconds)


def _fail(organization: Organization, user: User | None, *, client: Client, now: datetime) -> None:
    failures = user.failed_logins + 1 if user is not None and user.locked_until is None else 1
    locked_until = now + LOCK if failures >= FAILURES_UNTIL_LOCK else None
    _count(user, failures=failures, locked_until=locked_until)
    data: dict[str, Any] = {"reason": WrongCredentials.code, "failures": failures}
    if locked_until is not None:
        data["locked_until"] = locked_until.isoformat()
    _note_refusal(organization, user, client=client, data=data, now=now)


def _count(user: User | None, *, failures: int, locked_until: datetime | None) -> None:
    """Writes the count; for nobody the same statement, which finds no row, so that it takes the same time."""
    key = uuid7() if user is None else user.pk
    User.objects.filter(pk=key).update(failed_logins=failures, locked_until=locked_until)


def _note_refusal(
    organization: Organization, user: User | None, *, client: Client, data: dict[str, Any], now: datetime
) -> None:
    actor = Actor.anonymous(schema=organization.schema_name, ip=client.ip, trace_id=current_trace_id())
    record("session.refused", actor=actor, subject=user or organization, data=data, now=now)


def _chosen(attempts: list[Attempt]) -> tuple[Organization, User]:
    """The one account to sign in to; raises when there is none, or more than one."""
    right = [(attempt.organization, attempt.user) for attempt in attempts if attempt.user is not None]
    if len(right) > 1:
        organizations = [{"slug": organization.slug, "name": organization.name} for organization, _user in right]
        raise OrganizationRequired(extra={"organizations": organizations})
    if not right:
        raise _worst([attempt.refusal for attempt in attempts if attempt.refusal is not None])
    organization, user = right[0]
    return organization, user


def _worst(refusals: list[ApplicationError]) -> ApplicationError:
    """What to answer: that the account is off if the password was right, that it is locked, else that it is wrong."""
    for kind in (AccountInactive, OrganizationInactive, AccountLocked):
        for refusal in refusals:
            if isinstance(refusal, kind):
                return refusal
    return refusals[0]
