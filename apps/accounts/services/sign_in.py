"""Signing in with e-mail and password: through the API on any host, and on the pages of one organization.

All doors come through here, so the limits, the lock and the ledger know every attempt. Unknown addresses cost the same
time as known ones: one password hash, one row in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from apps.accounts.errors import (
    AccountInactive,
    AccountLocked,
    LocalSignInOff,
    OrganizationRequired,
    SecondFactorRequired,
    WrongCredentials,
)
from apps.accounts.models import User
from apps.accounts.payloads import Client, PageSignIn, SignedIn
from apps.accounts.services.attempts import LOCK, NOBODY, Attempt, attempt, failure_forgive, second_attempt
from apps.accounts.services.credentials import page_life
from apps.accounts.services.directory import address_hash, directory_candidates
from apps.accounts.services.local_sign_in import local_sign_in_require
from apps.accounts.services.second_step_tickets import second_step_ticket, second_step_user
from apps.accounts.services.second_steps import second_factor_confirmed
from apps.accounts.services.sessions import session_start, tokens_issue
from apps.common.errors import ApplicationError
from apps.common.limits import hit_everywhere
from apps.common.network import neighbourhood
from apps.tenants.context import tenant_context
from apps.tenants.errors import OrganizationInactive
from apps.tenants.models import Organization
from apps.tenants.selectors import platform

Begun = TypeVar("Begun", SignedIn, PageSignIn)


def sign_in(
    *,
    email: str,
    password: str,
    slug: str | None,
    host: Organization | None,
    client: Client,
    code: str | None = None,
    now: datetime,
) -> SignedIn:
    """Signs in through the API; ``host`` is the organization whose own host was asked, if any.

    On the shared host the organization is found by the address; where the password is right in several, ``slug`` must
    name one. ``code`` is that of a second factor, and only tried where it cannot be another account's. Raises
    ``WrongCredentials``, ``SecondFactorRequired``, ``WrongSecondFactor``, ``AccountLocked``, ``AccountInactive``,
    ``OrganizationInactive``, ``OrganizationRequired``, ``LocalSignInOff``, ``TooManyRequests``. No actor: the person is
    about to become one.
    """
    _limit(email, client)
    local_sign_in_require(host)
    candidates = directory_candidates(email=email, slug=slug, host=host)
    given = partial(attempt, email=email, password=password, client=client, now=now)
    begin = partial(_begin, client=client, now=now)
    if len(candidates) == 1:
        return _try_and_begin(partial(given, candidates[0], code=code), candidates[0], begin=begin)
    attempts = [given(each) for each in candidates]
    if not attempts:
        attempts = [attempt(_home(host), email=NOBODY, password=password, client=client, now=now)]
    _forgive(attempts, email=email, now=now)
    chosen = _chosen(attempts)
    if chosen.refusal is None:
        with tenant_context(chosen.organization), transaction.atomic():
            _still_let_in(_let_in(chosen))
            return begin(chosen)
    if not isinstance(chosen.refusal, SecondFactorRequired) or code is None:
        raise chosen.refusal
    return _try_and_begin(partial(given, chosen.organization, code=code), chosen.organization, begin=begin)


def _try_and_begin(
    given: Callable[[], Attempt],
    organization: Organization,
    *,
    begin: Callable[[Attempt], Begun],
    ask: Callable[[User], Begun] | None = None,
) -> Begun:
    """An attempt and what it lets begin, in one transaction: nothing comes in between, and the disk is waited for once.

    Gives what ``ask`` makes of whom only the second step keeps out, where there is one. Else raises the refusal: out
    here, so that what was counted and noted is not rolled back.
    """
    with tenant_context(organization), transaction.atomic():
        tried = given()
        if tried.refusal is None:
            return begin(tried)
        if ask is not None and tried.user is not None and isinstance(tried.refusal, SecondFactorRequired):
            return ask(tried.user)
    raise tried.refusal


def _begin(let_in: Attempt, *, client: Client, now: datetime) -> SignedIn:
    """The session and the tokens of an attempt without a refusal."""
    organization, user = let_in.organization, _let_in(let_in)
    with tenant_context(organization), transaction.atomic(savepoint=False):
        session = session_start(user=user, schema=organization.schema_name, client=client, now=now)
        tokens = tokens_issue(session=session, user=user, organization=organization, now=now)
    return SignedIn(user, organization, session, tokens)


def page_sign_in(*, email: str, password: str, organization: Organization, client: Client, now: datetime) -> PageSignIn:
    """Checks e-mail and password for the pages of one organization, under the same rules as the API.

    Who has a second factor gets a ticket for :func:`page_second_step`; anybody else a session, which the door gives to
    the browser or ends. Raises what :func:`sign_in` raises. No actor: the person is about to become one.
    """
    _limit(email, client)
    local_sign_in_require(organization)
    return _try_and_begin(
        partial(attempt, organization, email=email, password=password, client=client, now=now),
        organization,
        begin=partial(_begin_on_page, client=client, now=now),
        ask=lambda user: PageSignIn(ticket=second_step_ticket(user, now=now)),
    )


def page_second_step(
    *, ticket: str, code: str, organization: Organization, client: Client, now: datetime
) -> PageSignIn:
    """Checks the code of who gave the right password on a page within the last five minutes, and begins the session.

    The door gives that to the browser or ends it. Raises ``SecondStepOver``, ``WrongSecondFactor``, ``AccountLocked``
    and the like. No actor: the person is about to become one.
    """
    with tenant_context(organization):
        user_id = second_step_user(ticket, now=now)
        hit_everywhere(settings.ENV.rate_limit_login, "login-ip", neighbourhood(client.ip))
        hit_everywhere(settings.ENV.rate_limit_login, "login-second-step", str(user_id))
        local_sign_in_require(organization)
    return _try_and_begin(
        partial(second_attempt, organization, user_id=user_id, ticket=ticket, code=code, client=client, now=now),
        organization,
        begin=partial(_begin_on_page, client=client, now=now),
    )


def _begin_on_page(let_in: Attempt, *, client: Client, now: datetime) -> PageSignIn:
    """The session of an attempt without a refusal: a browser has no tokens."""
    user, schema = _let_in(let_in), let_in.organization.schema_name
    session = session_start(user=user, schema=schema, client=client, life=page_life(), now=now)
    return PageSignIn(user, session)


def _limit(email: str, client: Client) -> None:
    hit_everywhere(settings.ENV.rate_limit_login, "login-ip", neighbourhood(client.ip))
    hit_everywhere(settings.ENV.rate_limit_login, "login-address", address_hash(email))


def _home(host: Organization | None) -> Organization:
    """Where an attempt on an unknown address is noted."""
    home = host or platform()
    if home is None:
        raise WrongCredentials
    return home


def _chosen(attempts: list[Attempt]) -> Attempt:
    """The one account whose password it is; raises when there is none, or more than one."""
    right = [each for each in attempts if each.user is not None]
    if len(right) > 1:
        organizations = [{"slug": each.organization.slug, "name": each.organization.name} for each in right]
        raise OrganizationRequired(extra={"organizations": organizations})
    if not right:
        raise _worst([each.refusal for each in attempts if each.refusal is not None])
    return right[0]


def _let_in(chosen: Attempt) -> User:
    """Who signs in; raises why they do not, or not yet."""
    if chosen.refusal is not None:
        raise chosen.refusal
    if chosen.user is None:
        raise WrongCredentials
    return chosen.user


def _still_let_in(user: User) -> None:
    """Keeps the row of who is let in; raises where a new password, a second factor or a switching off came in between.

    Each of them ended the sessions that there were, and this one is yet to begin.
    """
    stored: User = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    if stored.password != user.password or not stored.is_active:
        raise WrongCredentials
    if second_factor_confirmed(stored) is not None:
        raise SecondFactorRequired


def _forgive(attempts: list[Attempt], *, email: str, now: datetime) -> None:
    """A password right in one organization is no guess at the accounts that the address has in others.

    One that was set a moment ago may be: whoever administers an organization can add an address of others to it, and
    give that account one password after the other. So each must have stood for as long as five wrong ones lock.
    """
    if any(each.user is not None and each.user.updated_at <= now - LOCK for each in attempts):
        for each in attempts:
            if isinstance(each.refusal, WrongCredentials):
                failure_forgive(each.organization, email=email)


def _worst(refusals: list[ApplicationError]) -> ApplicationError:
    """What to answer: why a right password does not let in, that the account is locked, else that it is wrong."""
    for kind in (AccountInactive, OrganizationInactive, LocalSignInOff, AccountLocked):
        for refusal in refusals:
            if isinstance(refusal, kind):
                return refusal
    return refusals[0]
