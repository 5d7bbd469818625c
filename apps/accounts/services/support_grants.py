"""Support access: asked for by who runs the platform, with a reason; entered, for a while; ended by either side.

Both ledgers tell all of it: the organization's own, and the platform's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce

from apps.accounts.errors import (
    EntranceRefused,
    InvalidCredentials,
    SupportForbidden,
    SupportGrantNotFound,
    SupportGrantOver,
)
from apps.accounts.permissions import require
from apps.accounts.services.support_actors import actor_from_support_grant, support_actor
from apps.accounts.tenancy import SUPPORT_TOKEN, marked
from apps.accounts.tokens import hash_secret, new_secret
from apps.common.actor import Actor
from apps.common.changes import check_fields
from apps.common.errors import PermissionDenied
from apps.common.limits import hit
from apps.events.services import record
from apps.tenants.context import public_context, require_tenant, tenant_context
from apps.tenants.errors import OrganizationInactive, OrganizationNotFound
from apps.tenants.hosts import is_platform_origin
from apps.tenants.models import Organization, SupportGrant
from apps.tenants.naming import PLATFORM
from apps.tenants.services.organizations import require_platform
from apps.tenants.signals import organization_changed

MANAGE = "settings.manage"
TICKET_LIFE = timedelta(minutes=1)


def support_grant_ask(*, actor: Actor, organization_id: UUID, reason: str, now: datetime) -> SupportGrant:
    """Lets the actor, who runs the platform, enter an organization for SUPPORT_GRANT_MINUTES.

    Needs ``platform.manage``, of a person: a key cannot be asked why. Raises ``PermissionDenied``,
    ``OrganizationNotFound``, ``OrganizationInactive``, ``SupportForbidden``, ``InvalidInput`` for a reason of several
    lines, ``TooManyRequests``.
    """
    _require_person(actor)
    hit(settings.ENV.rate_limit_support, "support", actor.id)
    with public_context(), transaction.atomic():
        found = Organization.objects.select_related("stored_settings").exclude(schema_name=PLATFORM)
        organization = found.filter(pk=organization_id).first()
        if organization is None:
            raise OrganizationNotFound
        _require_open(organization)
        grant = SupportGrant(
            organization=organization,
            person_id=actor.user_id,
            person=actor.label,
            reason=reason.strip(),
            created_at=now,
            expires_at=now + timedelta(minutes=settings.ENV.support_grant_minutes),
        )
        check_fields(grant, ["reason"])
        grant.save(force_insert=True)
        facts = {"reason": grant.reason, "expires_at": grant.expires_at.isoformat()}
        _tell("support.asked", actor, grant, facts, now=now)
    return grant


def support_grant_enter(
    *, actor: Actor, organization_id: UUID, grant_id: UUID, now: datetime
) -> tuple[SupportGrant, str]:
    """A token for the organization's API, good until the grant ends; the one before is void. Told this once.

    For who asked alone. Raises ``SupportGrantNotFound``, ``SupportGrantOver``, and what :func:`support_grant_ask` does.
    """
    with public_context(), transaction.atomic():
        grant = _mine(actor, organization_id, grant_id, now=now)
        token = marked(SUPPORT_TOKEN, grant.organization_id)
        grant.token_hash, grant.entered_at = hash_secret(token), grant.entered_at or now
        grant.save(update_fields=["token_hash", "entered_at"])
        _tell("support.entered", actor, grant, {"by": "token"}, now=now)
    return grant, token


def support_ticket_issue(
    *, actor: Actor, organization_id: UUID, grant_id: UUID, now: datetime
) -> tuple[SupportGrant, str]:
    """A ticket that lets the actor's browser into the organization's back-office once, within a minute; told this once.

    The one before is void. Raises what :func:`support_grant_enter` raises.
    """
    with public_context(), transaction.atomic():
        grant = _mine(actor, organization_id, grant_id, now=now)
        ticket = new_secret()
        grant.ticket_hash, grant.ticket_until = hash_secret(ticket), now + TICKET_LIFE
        grant.save(update_fields=["ticket_hash", "ticket_until"])
    return grant, ticket


def support_ticket_redeem(*, ticket: str, origin: str, ip: str | None, now: datetime) -> SupportGrant:
    """Lets a browser into the current organization, once for each ticket, from a page of the platform.

    Who comes from elsewhere was sent by somebody else. Raises ``EntranceRefused``, ``InvalidCredentials``,
    ``OrganizationInactive``. No actor: the ticket is the credential.
    """
    if not is_platform_origin(origin):
        raise EntranceRefused
    own = SupportGrant.objects.filter(organization_id=require_tenant(), ticket_hash=hash_secret(ticket))
    with transaction.atomic():
        grant = own.filter(ticket_until__gt=now).first()
        if grant is None or not own.update(ticket_hash=None, entered_at=Coalesce("entered_at", now)):
            raise InvalidCredentials
        actor = actor_from_support_grant(grant.pk, now=now, ip=ip)
        _tell("support.entered", actor, grant, {"by": "browser"}, now=now)
    return grant


def support_grant_end(*, actor: Actor, grant_id: UUID, now: datetime) -> None:
    """Ends one, whoever asked; needs ``platform.manage``. Raises ``SupportGrantNotFound``, ``SupportGrantOver``."""
    require_platform(actor)
    with public_context(), transaction.atomic():
        grant = SupportGrant.objects.filter(pk=grant_id).first()
        _end(grant, actor, why="by_platform", now=now)


def support_grant_end_own(*, actor: Actor, grant_id: UUID | str, now: datetime) -> None:
    """Ends one that lets support into the actor's own organization [settings.manage]; so support leaves, too.

    Raises ``SupportGrantNotFound``, ``SupportGrantOver``.
    """
    require(actor, MANAGE)
    why = "left" if actor.support_id == str(grant_id) else "by_organization"
    with transaction.atomic():
        grant = SupportGrant.objects.filter(pk=grant_id, organization_id=require_tenant()).first()
        _end(grant, actor, why=why, now=now)


def support_grants_forbid(*, actor: Actor, now: datetime) -> None:
    """Ends all that let support into the current organization, which forbids it [settings.manage].

    In the caller's transaction.
    """
    require(actor, MANAGE)
    for grant in SupportGrant.objects.filter(organization_id=require_tenant(), ended_at=None, expires_at__gt=now):
        _end(grant, actor, why="forbidden", now=now)


def _require_person(actor: Actor) -> None:
    require_platform(actor)
    if actor.type != "user":
        raise PermissionDenied


def _require_open(organization: Organization) -> None:
    if not organization.is_active:
        raise OrganizationInactive
    if not organization.settings.support_access:
        raise SupportForbidden


def _mine(actor: Actor, organization_id: UUID, grant_id: UUID, *, now: datetime) -> SupportGrant:
    """The actor's own grant, locked, where it may be entered."""
    _require_person(actor)
    rows = SupportGrant.objects.select_for_update(of=("self",)).select_related("organization__stored_settings")
    grant = rows.filter(pk=grant_id, organization__pk=organization_id).first()
    if grant is None:
        raise SupportGrantNotFound
    if grant.person_id != actor.user_id:
        raise PermissionDenied
    if not grant.is_live(now):
        raise SupportGrantOver
    _require_open(grant.organization)
    return grant


def _end(grant: SupportGrant | None, actor: Actor, *, why: str, now: datetime) -> None:
    """Once, whoever is first."""
    if grant is None:
        raise SupportGrantNotFound
    live = SupportGrant.objects.filter(pk=grant.pk, ended_at=None, expires_at__gt=now)
    if not live.update(ended_at=now, ended_by=actor.label):
        raise SupportGrantOver
    _tell("support.ended", actor, grant, {"why": why}, now=now)


def _tell(event: str, actor: Actor, grant: SupportGrant, facts: Mapping[str, Any], *, now: datetime) -> None:
    """Notes it in both ledgers, in each by a name that it knows."""
    inside = support_actor(grant, ip=actor.ip) if actor.schema == PLATFORM else actor
    told = {"support_grant_id": str(grant.pk), **facts}
    with tenant_context(grant.organization_id):
        record(event, actor=inside, subject=grant, data=told, now=now)
    outside = actor if actor.schema == PLATFORM else Actor.system("organization", schema=PLATFORM)
    organization_changed.send(
        sender=Organization, name=event, actor=outside, organization=grant.organization, data=told, now=now
    )
