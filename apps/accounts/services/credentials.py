"""Verified credentials become an actor, in one query that also sees what was switched off a moment ago."""

from __future__ import annotations

import hmac
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, Q, QuerySet, Value
from django.db.models.functions import Least

from apps.accounts.errors import InvalidCredentials
from apps.accounts.grants import ANY_GRANTS
from apps.accounts.models import ApiKey, Role, Session, User
from apps.accounts.permissions import allowed, in_reach, person
from apps.accounts.roles import ACTIONS
from apps.accounts.rows import PERSON, person_made
from apps.accounts.services.support_actors import actor_from_support_grant
from apps.accounts.tenancy import API_KEY, schema_of
from apps.accounts.tokens import Claims, hash_secret
from apps.common.actor import Actor
from apps.common.trace import current_trace_id
from apps.tenants.context import require_tenant, wrapper
from apps.tenants.errors import OrganizationInactive, WrongOrganization
from apps.tenants.models import Organization

KEY_TOUCHED_EVERY, PAGE_TOUCHED_EVERY = timedelta(minutes=1), timedelta(minutes=5)

# Every request asks this, so it is written out: Django takes five times as long to make it as PostgreSQL to answer it.
_LIVE_SESSION = f"""
    SELECT EXISTS (SELECT FROM {Organization._meta.db_table} WHERE schema_name = %(schema)s AND is_active),
           session.last_used_at, {ANY_GRANTS}, {PERSON}
    FROM {Session._meta.db_table} session
    JOIN {User._meta.db_table} person ON person.id = session.user_id
    JOIN {Role._meta.db_table} role ON role.id = person.role_id
    WHERE session.id = %(session)s AND session.user_id = %(user)s AND session.revoked_at IS NULL
      AND session.expires_at > %(now)s AND person.is_active
"""


def actor_of_user(
    user: User, *, schema: str, ip: str | None, session_id: str | None = None, may_have_grants: bool = True
) -> Actor:
    """The actor of a person whose credentials were verified; role's actions come along, grants do not.

    No actor: it makes one.
    """
    return Actor(
        type="user",
        id=str(user.pk),
        label=user.email,
        schema=schema,
        permissions=frozenset(user.role.actions),
        role=user.role.slug,
        user=user,
        session_id=session_id,
        ip=ip,
        trace_id=current_trace_id(),
        may_have_grants=may_have_grants,
    )


def actor_as_role(actor: Actor, role_id: UUID | str) -> Actor:
    """The same person looking around as a role: its actions and grants in the place of all of their own.

    Raises ``InvalidCredentials`` once the role is gone, or may more than they do. No actor: it makes one.
    """
    role = Role.objects.select_related("group").filter(pk=role_id).first()
    if role is None or not may_preview(actor, role):
        raise InvalidCredentials
    user = copy(actor.user)
    user.role = role
    return replace(actor, permissions=frozenset(role.actions), role=role.slug, user=user, previewing=True)


def may_preview(actor: Actor, role: Role) -> bool:
    """Whether a person administers people and may all that a role may: else a preview could show more than they see.

    No actor of its own to ask for rights: it only computes.
    """
    return allowed(actor, "admin.manage") and in_reach(actor, person(User(role=role)), ACTIONS)


def actor_of_key(key: ApiKey, *, schema: str, ip: str | None) -> Actor:
    """The actor of an API key: what both the key and its maker hold now. No actor: it makes one."""
    return Actor(
        type="api_key",
        id=str(key.pk),
        label=str(key),
        schema=schema,
        permissions=frozenset(key.permissions) & frozenset(key.user.role.actions),
        confined_to=frozenset(key.permissions),
        role=key.user.role.slug,
        user=key.user,
        ip=ip,
        trace_id=current_trace_id(),
    )


def actor_from_claims(claims: Claims, *, organization: Organization, now: datetime, ip: str | None) -> Actor:
    """The actor of a verified access token, in one query.

    Raises ``InvalidCredentials`` or ``WrongOrganization`` (both 401), ``OrganizationInactive`` (403). No actor: it
    makes one.
    """
    if claims.organization_id != organization.pk:
        raise WrongOrganization
    return actor_from_session(claims.session_id, user_id=claims.user_id, now=now, ip=ip)


def actor_from_session(session_id: UUID | str, *, user_id: UUID | str, now: datetime, ip: str | None) -> Actor:
    """The actor of a live session of a live user of a live organization, in one query.

    Raises ``InvalidCredentials`` or ``OrganizationInactive``. No actor: it makes one.
    """
    return _actor_of(_live_session(session_id, user_id=user_id, now=now), session_id, ip=ip)


def actor_from_page(session_id: UUID | str, *, user_id: UUID | str, now: datetime, ip: str | None) -> Actor:
    """Like :func:`actor_from_session`, of a browser: its session lives on for ``SESSION_IDLE_HOURS`` by that.

    The use is noted once in five minutes, and the session ends at the latest ``SESSION_COOKIE_AGE`` after it began.
    No actor: it makes one.
    """
    live = _live_session(session_id, user_id=user_id, now=now)
    if live.last_used_at <= now - PAGE_TOUCHED_EVERY:
        ends = Least(Value(now + page_life()), F("created_at") + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        unseen = Session.objects.filter(pk=session_id, last_used_at__lte=now - PAGE_TOUCHED_EVERY)
        unseen.update(last_used_at=now, expires_at=ends)
    return _actor_of(live, session_id, ip=ip)


def page_life() -> timedelta:
    """How long a browser stays signed in without a page. No actor: a setting."""
    idle = timedelta(hours=settings.ENV.session_idle_hours)
    return min(idle, timedelta(seconds=settings.SESSION_COOKIE_AGE))


class _Live(NamedTuple):
    """A live session: when it was last used, as far as that is noted, and whose it is."""

    last_used_at: datetime
    may_have_grants: bool
    user: User


def _actor_of(live: _Live, session_id: UUID | str, *, ip: str | None) -> Actor:
    schema, may_have_grants = require_tenant(), live.may_have_grants
    return actor_of_user(live.user, schema=schema, ip=ip, session_id=str(session_id), may_have_grants=may_have_grants)


def _live_session(session_id: UUID | str, *, user_id: UUID | str, now: datetime) -> _Live:
    row = _session_row(session_id, user_id=user_id, now=now)
    if row is None:
        raise InvalidCredentials
    organization_active, last_used_at, may_have_grants, *columns = row
    if not organization_active:
        raise OrganizationInactive
    return _Live(last_used_at, may_have_grants, person_made(columns))


def _session_row(session_id: UUID | str, *, user_id: UUID | str, now: datetime) -> tuple[Any, ...] | None:
    values = {"session": session_id, "user": user_id, "now": now, "schema": require_tenant()}
    return next(iter(wrapper().ask(_LIVE_SESSION, values)), None)


def actor_from_api_key(key: str, *, now: datetime, ip: str | None) -> Actor:
    """The actor of an API key, in one query; notes its use once a minute.

    Raises ``InvalidCredentials``, ``WrongOrganization`` or ``OrganizationInactive``. No actor: it makes one.
    """
    prefix, _dot, secret = key.partition(".")
    if schema_of(prefix, API_KEY) not in {None, require_tenant()}:
        raise WrongOrganization
    found = _live_keys(now).filter(prefix=prefix).first()
    known = found.secret_hash if found is not None else hash_secret("")
    if not hmac.compare_digest(known, hash_secret(secret)) or found is None:
        raise InvalidCredentials
    _require_organization(found)
    if found.last_used_at is None or found.last_used_at <= now - KEY_TOUCHED_EVERY:
        due = Q(last_used_at=None) | Q(last_used_at__lte=now - KEY_TOUCHED_EVERY)
        ApiKey.objects.filter(due, pk=found.pk).update(last_used_at=now)
    return actor_of_key(found, schema=require_tenant(), ip=ip)


def actor_from_key_id(key_id: UUID | str, *, now: datetime, ip: str | None) -> Actor:
    """The actor of a key that was verified before, as it stands now.

    Raises ``InvalidCredentials`` or ``OrganizationInactive``. No actor: it makes one.
    """
    found = _live_keys(now).filter(pk=key_id).first()
    if found is None:
        raise InvalidCredentials
    _require_organization(found)
    return actor_of_key(found, schema=require_tenant(), ip=ip)


def actor_renewed(actor: Actor, *, now: datetime) -> Actor:
    """The same actor as it stands now, for connections that last.

    Raises ``InvalidCredentials`` or ``OrganizationInactive`` once session, key, user or organization have ended.
    """
    if actor.type == "api_key":
        return actor_from_key_id(actor.id, now=now, ip=actor.ip)
    if actor.support_id is not None:
        return actor_from_support_grant(actor.support_id, now=now, ip=actor.ip)
    if actor.type != "user" or actor.session_id is None:
        raise InvalidCredentials
    renewed = actor_from_session(actor.session_id, user_id=actor.user_id, now=now, ip=actor.ip)
    return actor_as_role(renewed, actor.user.role_id) if actor.previewing else renewed


def _live_keys(now: datetime) -> QuerySet[ApiKey]:
    alive = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None, user__is_active=True)
    keys: QuerySet[ApiKey] = _with_organization(alive.select_related("user__role"))
    return keys


def _with_organization(rows: Any) -> Any:
    """Lets each row say whether its organization is active: PostgreSQL shows every organization its own row."""
    return rows.annotate(
        organization_active=Exists(Organization.objects.filter(schema_name=require_tenant(), is_active=True))
    )


def _require_organization(row: Any) -> None:
    if not row.organization_active:
        raise OrganizationInactive
