"""Sessions: one family of refresh tokens each, begun by a sign-in, ended by sign-out, reuse or revocation."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.errors import InvalidRefreshToken, NoSession, RefreshTokenReused, SessionNotFound
from apps.accounts.models import RefreshToken, Session, User
from apps.accounts.payloads import Client, Tokens
from apps.accounts.permissions import require_insider
from apps.accounts.services.attempts import password_prove
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.tenancy import REFRESH_TOKEN, marked, schema_of
from apps.accounts.tokens import access_token, hash_secret
from apps.common.actor import Actor
from apps.common.limits import hit_everywhere
from apps.common.network import neighbourhood
from apps.events.services import record
from apps.tenants.context import public_context, require_tenant, tenant_context, wrapper
from apps.tenants.errors import OrganizationInactive, WrongOrganization
from apps.tenants.models import Organization
from apps.tenants.rows import Rows

KEPT_AFTER_END = timedelta(days=30)
_SESSIONS, _TOKENS = Rows(Session), Rows(RefreshToken)
# Adds a session, notes that its user came, and tells whether some of the user's sessions are due to be forgotten.
_BEGIN = f"""
    WITH begun AS ({_SESSIONS.insert}),
         seen AS (UPDATE {User._meta.db_table} SET last_login = %(now)s WHERE id = %(user_id)s)
    SELECT EXISTS (SELECT FROM {Session._meta.db_table} WHERE user_id = %(user_id)s AND expires_at < %(long_ago)s)
"""


class Ending(enum.StrEnum):
    """Why a session was revoked."""

    SIGNED_OUT = "signed_out"
    TOKEN_REUSED = "token_reused"  # noqa: S105  # a reason, no secret
    USER_DEACTIVATED = "user_deactivated"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # a reason, no secret
    PASSWORD_RESET = "password_reset"  # noqa: S105  # a reason, no secret
    SECOND_FACTOR_ADDED = "second_factor_added"
    ISSUER_CHANGED = "issuer_changed"
    BY_OWNER = "by_owner"
    BY_ADMINISTRATOR = "by_administrator"


def refresh_life() -> timedelta:
    """How long a session lives after its last refresh. No actor: a setting."""
    return timedelta(days=settings.ENV.refresh_token_days)


def family_life() -> timedelta:
    """How long after a sign-in its tokens can be refreshed at all. No actor: a setting."""
    return timedelta(days=settings.ENV.refresh_family_days)


def session_start(
    *,
    user: User,
    schema: str,
    client: Client,
    life: timedelta | None = None,
    bearer_hash: str | None = None,
    now: datetime,
) -> Session:
    """Begins a session of a user whose credentials were verified, and notes the sign-in.

    ``bearer_hash`` is that of the issuer's token that it stands for, if it does. Forgets the user's sessions that ended
    a month ago. No actor: the user is about to become one.
    """
    session = Session(
        user=user,
        device=client.device[:200],
        ip=client.ip,
        last_used_at=now,
        created_at=now,
        expires_at=now + (life or min(refresh_life(), family_life())),
        bearer_hash=bearer_hash,
    )
    long_ago = now - KEPT_AFTER_END
    with transaction.atomic(savepoint=False):
        ((has_old_ones,),) = wrapper().ask(_BEGIN, _SESSIONS.values(session) | {"now": now, "long_ago": long_ago})
        _SESSIONS.stored(session)
        if has_old_ones:
            Session.objects.filter(user=user, expires_at__lt=long_ago).delete()
        user.last_login = now
        actor = actor_of_user(user, schema=schema, ip=client.ip, session_id=str(session.pk))
        record("session.started", actor=actor, subject=session, data={"device": session.device}, now=now)
    return session


def tokens_issue(*, session: Session, user: User, organization: Organization, now: datetime) -> Tokens:
    """A new pair of tokens, neither of which outlives the session. No actor: part of signing in and of refreshing."""
    secret = marked(REFRESH_TOKEN, organization.schema_name)
    _TOKENS.add(RefreshToken(session=session, token_hash=hash_secret(secret), expires_at=session.expires_at))
    seconds = min(settings.ENV.access_token_seconds, int((session.expires_at - now).total_seconds()))
    access = access_token(user=user, organization_id=organization.pk, session_id=session.pk, seconds=seconds, now=now)
    return Tokens(access, secret, seconds)


def session_refresh(*, token: str, host: Organization | None, client: Client, now: datetime) -> Tokens:
    """Exchanges a refresh token for a new pair; ``host`` is the organization whose own host was asked, if any.

    A token works once, and REFRESH_FAMILY_DAYS after the sign-in none does. Used again within
    ``REFRESH_GRACE_SECONDS`` (parallel tabs) it gives another pair; used later it ends the whole session, for one of
    its two holders stole it. Raises ``InvalidRefreshToken``, ``RefreshTokenReused``, ``WrongOrganization``,
    ``OrganizationInactive``, ``TooManyRequests``. No actor: the token is the credential.
    """
    hit_everywhere(settings.ENV.rate_limit_refresh, "refresh", neighbourhood(client.ip))
    schema = schema_of(token, REFRESH_TOKEN)
    if schema is None:
        raise InvalidRefreshToken
    if host is not None and host.schema_name != schema:
        raise WrongOrganization
    with public_context():
        organization = Organization.objects.filter(schema_name=schema).first()
    if organization is None:
        raise InvalidRefreshToken
    if not organization.is_active:
        raise OrganizationInactive
    with tenant_context(organization):
        tokens = _rotate(hash_secret(token), organization=organization, client=client, now=now)
    if tokens is None:  # raised out here, so that the revocation is not rolled back
        raise RefreshTokenReused
    return tokens


def _rotate(token_hash: str, *, organization: Organization, client: Client, now: datetime) -> Tokens | None:
    """The next pair, or None where the token had been used up and its session was revoked for it."""
    with transaction.atomic():
        token = (
            RefreshToken.objects.select_for_update(of=("self", "session"), no_key=True)
            .select_related("session__user__role")
            .filter(token_hash=token_hash)
            .first()
        )
        if token is None or not _alive(token, now):
            raise InvalidRefreshToken
        session = token.session
        if token.used_at is not None and now - token.used_at > timedelta(seconds=settings.ENV.refresh_grace_seconds):
            actor = actor_of_user(session.user, schema=organization.schema_name, ip=client.ip)
            sessions_revoke(actor=actor, sessions=[session], reason=Ending.TOKEN_REUSED, now=now)
            return None
        if token.used_at is None:
            token.used_at = now
            token.save(update_fields=["used_at"])
        session.last_used_at, session.ip = now, client.ip
        session.expires_at = min(now + refresh_life(), session.created_at + family_life())
        session.save(update_fields=["last_used_at", "ip", "expires_at"])
        RefreshToken.objects.filter(session=session, expires_at__lte=now).delete()
        return tokens_issue(session=session, user=session.user, organization=organization, now=now)


def _alive(token: RefreshToken, now: datetime) -> bool:
    session = token.session
    ends = min(token.expires_at, session.created_at + family_life())
    return ends > now and session.revoked_at is None and session.user.is_active


def session_end(*, actor: Actor, refresh_token: str | None = None, now: datetime) -> None:
    """Signs the actor out: ends its session, and that of a refresh token of the same person handed in with it.

    Raises ``NoSession`` for API keys, which have none.
    """
    if actor.session_id is None:
        raise NoSession
    own = Session.objects.filter(user_id=actor.user_id, revoked_at=None)
    chosen = own.filter(pk=actor.session_id)
    if refresh_token is not None:
        chosen = chosen | own.filter(tokens__token_hash=hash_secret(refresh_token))
    sessions_revoke(actor=actor, sessions=chosen.distinct(), reason=Ending.SIGNED_OUT, now=now)


def session_end_unused(*, session: Session, now: datetime) -> None:
    """Ends a session whose browser never got it, for its sign-in failed half way.

    No actor: who signed in has not become one.
    """
    actor = actor_of_user(session.user, schema=require_tenant(), ip=session.ip, session_id=str(session.pk))
    session_end(actor=actor, now=now)


def session_end_own(*, actor: Actor, session: Session, now: datetime) -> None:
    """Ends one of the actor's own sessions, on any device. Raises ``SessionNotFound`` for one that has ended.

    Only people have sessions of their own: selectors find none for a key.
    """
    if actor.type != "user" or session.user_id != actor.user_id:
        raise SessionNotFound
    reason = Ending.SIGNED_OUT if str(session.pk) == actor.session_id else Ending.BY_OWNER
    if not sessions_revoke(actor=actor, sessions=[session], reason=reason, now=now):
        raise SessionNotFound


def session_end_with_password(*, actor: Actor, session: Session, password: str, client: Client, now: datetime) -> None:
    """Ends a session of the actor's own, for who gives the password once more.

    None is asked for to end the session that asks, which is signing out. Raises ``SessionNotFound`` and what
    :func:`password_prove` raises.
    """
    if actor.type == "user" and str(session.pk) != actor.session_id:
        password_prove(actor=actor, password=password, client=client, now=now)
    session_end_own(actor=actor, session=session, now=now)


def session_revoke(*, actor: Actor, session: Session, now: datetime) -> None:
    """Ends anybody's session [admin.manage]; does nothing to one that has ended."""
    require_insider(actor, "admin.manage")
    sessions_revoke(actor=actor, sessions=[session], reason=Ending.BY_ADMINISTRATOR, now=now)


def sessions_revoke(
    *, actor: Actor, sessions: Iterable[Session] | QuerySet[Session], reason: Ending, now: datetime
) -> int:
    """Ends sessions, each noted in the ledger; their access tokens are refused from the next request on.

    Those that had ended already stay as they are. Returns how many ended. The caller has checked the right.
    """
    with transaction.atomic():
        ended = 0
        for session in sessions:
            if Session.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=now, revoked_reason=reason):
                record("session.revoked", actor=actor, subject=session, data={"reason": str(reason)}, now=now)
                ended += 1
    return ended
