"""Verified credentials become an actor, in one query that also sees what was switched off a moment ago."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from apps.accounts.errors import InvalidCredentials
from apps.accounts.models import ApiKey, Session, User
from apps.accounts.tokens import InvalidToken, hash_secret, read_access_token
from apps.common.actor import Actor
from apps.common.trace import current_trace_id
from apps.tenants.errors import WrongOrganization
from apps.tenants.models import Organization

KEY_TOUCHED_EVERY = timedelta(minutes=1)


def actor_of_user(user: User, *, organization: Organization, ip: str | None, session_id: str | None = None) -> Actor:
    """The actor of a person whose credentials were verified; role's actions come along, grants do not."""
    return Actor(
        type="user",
        id=str(user.pk),
        label=user.email,
        schema=organization.schema_name,
        permissions=frozenset(user.role.actions),
        role=user.role.slug,
        user=user,
        session_id=session_id,
        ip=ip,
        trace_id=current_trace_id(),
    )


def actor_from_bearer(token: str, *, organization: Organization, now: datetime, ip: str | None) -> Actor:
    """The actor of an access token; raises ``InvalidCredentials`` or ``WrongOrganization`` (both 401)."""
    try:
        claims = read_access_token(token)
    except InvalidToken as error:
        raise InvalidCredentials from error
    if claims.organization_id != organization.pk:
        raise WrongOrganization
    session = (
        Session.objects.select_related("user__role")
        .filter(pk=claims.session_id, user_id=claims.user_id, revoked_at=None, user__is_active=True)
        .first()
    )
    if session is None:
        raise InvalidCredentials
    return actor_of_user(session.user, organization=organization, ip=ip, session_id=str(session.pk))


def actor_from_api_key(key: str, *, organization: Organization, now: datetime, ip: str | None) -> Actor:
    """The actor of an API key: what both the key and its maker hold now. Raises ``InvalidCredentials``."""
    prefix, _dot, secret = key.partition(".")
    found = ApiKey.objects.select_related("user__role").filter(prefix=prefix).first()
    known = found.secret_hash if found is not None else hash_secret("")
    if not hmac.compare_digest(known, hash_secret(secret)) or found is None:
        raise InvalidCredentials
    expired = found.expires_at is not None and found.expires_at <= now
    if expired or found.revoked_at is not None or not found.user.is_active:
        raise InvalidCredentials
    ApiKey.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lt=now - KEY_TOUCHED_EVERY), pk=found.pk
    ).update(last_used_at=now)
    return Actor(
        type="api_key",
        id=str(found.pk),
        label=str(found),
        schema=organization.schema_name,
        permissions=frozenset(found.permissions) & frozenset(found.user.role.actions),
        role=found.user.role.slug,
        user=found.user,
        ip=ip,
        trace_id=current_trace_id(),
    )


def actor_from_session(user: Any, *, organization: Organization, ip: str | None) -> Actor:
    """The actor of a signed-in browser."""
    return actor_of_user(user, organization=organization, ip=ip)
