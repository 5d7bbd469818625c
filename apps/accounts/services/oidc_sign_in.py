"""Signing in with the organization's issuer: its tokens at the API's door, and the code flow of browsers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from apps.accounts.errors import AccountInactive, InvalidCredentials, OidcFlowFailed, OidcNotConfigured, OidcRefused
from apps.accounts.models import OidcSettings, Session, User
from apps.accounts.oidc import seats
from apps.accounts.oidc.claims import Person, person_of
from apps.accounts.oidc.flow import Begun, begin, exchange, resumed
from apps.accounts.oidc.seats import seat_taken
from apps.accounts.oidc.verification import LEEWAY_SECONDS, BadToken, issuer_named, verified, verified_id_token
from apps.accounts.payloads import Client
from apps.accounts.selectors.oidc import oidc_settings
from apps.accounts.services.credentials import actor_from_session
from apps.accounts.services.oidc_keys import oidc_checked
from apps.accounts.services.oidc_people import domain_require, oidc_user
from apps.accounts.services.oidc_settings import client_secret_of
from apps.accounts.services.sessions import refresh_life, session_start
from apps.accounts.tokens import hash_secret
from apps.common.actor import Actor
from apps.common.limits import hit_everywhere
from apps.common.network import neighbourhood
from apps.tenants.context import require_tenant


def actor_from_issuer_token(token: str, *, client: Client, now: datetime) -> Actor:
    """The actor of a token of the current organization's issuer; its first use is a sign-in, with a session.

    Every use is checked against the keys and settings that hold now; ending the session ends the token. Raises
    ``InvalidCredentials`` and other 401s, ``OidcDomainRefused``, ``OidcIssuerAway``, ``OrganizationInactive``.
    No actor: it makes one.
    """
    row = oidc_settings()
    try:
        if row is None or issuer_named(token) != row.issuer:
            raise InvalidCredentials
        check = partial(verified, token, issuer=row.issuer, audiences=[row.audience])
        claims = oidc_checked(row=row, check=lambda keys: check(keys=keys), now=now)
        person = person_of(claims, role_claim=row.role_claim)
    except BadToken as error:
        raise InvalidCredentials from error
    if person.email:
        domain_require(row, person.email)
    # What is signed, for the rest of a token can be spelled in several ways.
    bearer_hash = hash_secret(token.rpartition(".")[0])
    session = _session(bearer_hash)
    if session is None:
        try:
            session = _begin(row, person, bearer_hash, client=client, now=now)
        except AccountInactive as error:
            raise InvalidCredentials from error
    return actor_from_session(session.pk, user_id=session.user_id, now=now, ip=client.ip)


def oidc_flow_begin(*, redirect_uri: str, target: str, client: Client, now: datetime) -> Begun:
    """Where to send a browser that wants to sign in to the current organization, and what it keeps until it is back.

    Raises ``OidcNotConfigured``, ``TooManyRequests``. No actor: nobody is known yet.
    """
    hit_everywhere(settings.ENV.rate_limit_oidc, "oidc-begin", neighbourhood(client.ip))
    row = _for_browsers()
    return begin(row, schema=require_tenant(), redirect_uri=redirect_uri, target=target, now=now)


def oidc_flow_finish(*, kept: str, query: Mapping[str, str], client: Client, now: datetime) -> tuple[User, str]:
    """Who came back from the issuer to the browser that set out, and where they wanted to go.

    The door begins the session. Raises ``OidcFlowFailed``, ``OidcRefused``, ``OidcIssuerAway``, ``OidcNotConfigured``,
    ``TooManyRequests`` and what :func:`oidc_user` raises. No actor: the person is about to become one.
    """
    hit_everywhere(settings.ENV.rate_limit_oidc, "oidc-finish", neighbourhood(client.ip))
    row = _for_browsers()
    flow = resumed(kept, schema=require_tenant(), issuer=row.issuer, now=now)
    if flow is None or not flow.answered_by(query, issuer=row.issuer):
        raise OidcFlowFailed
    if "error" in query or "code" not in query:
        raise OidcRefused
    with seat_taken(seconds=seats.WAITING_SECONDS):
        token = exchange(row, flow, code=query["code"], client_secret=client_secret_of(row))
    check = partial(verified_id_token, token, issuer=row.issuer, client_id=row.client_id, nonce=flow.nonce)
    try:
        claims = oidc_checked(row=row, check=lambda keys: check(keys=keys), now=now)
        person = person_of(claims, role_claim=row.role_claim)
    except BadToken as error:
        raise OidcRefused from error
    with transaction.atomic():
        return oidc_user(row=row, person=person, now=now), flow.target


def _for_browsers() -> OidcSettings:
    row = oidc_settings()
    if row is None or not row.takes_browsers:
        raise OidcNotConfigured
    return row


def _session(bearer_hash: str) -> Session | None:
    found: Session | None = Session.objects.filter(bearer_hash=bearer_hash).first()
    return found


def _begin(row: OidcSettings, person: Person, bearer_hash: str, *, client: Client, now: datetime) -> Session:
    """The session of a token that is seen for the first time; of several such requests at once, one makes it."""
    with transaction.atomic():
        user = oidc_user(row=row, person=person, now=now)  # queues up behind others of the same person
        found = _session(bearer_hash)
        if found is not None:
            return found
        life = _life(person, now=now)
        schema = require_tenant()
        return session_start(user=user, schema=schema, client=client, life=life, bearer_hash=bearer_hash, now=now)


def _life(person: Person, *, now: datetime) -> timedelta:
    """As long as the token, but no longer than any session."""
    longest = now + refresh_life()
    end = min(person.expires_at + LEEWAY_SECONDS, int(longest.timestamp()))
    return datetime.fromtimestamp(end, UTC) - now
