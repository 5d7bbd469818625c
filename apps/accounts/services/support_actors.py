"""Support of the platform, let into an organization: its credentials become an actor, as long as its grant stands.

The grant is looked at with every request, and so are the organization, what it allows, and whether whoever asked still
runs the platform.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.errors import InvalidCredentials
from apps.accounts.models import User
from apps.accounts.roles import SUPPORT
from apps.accounts.tenancy import SUPPORT_TOKEN, schema_of
from apps.accounts.tokens import hash_secret
from apps.common.actor import Actor
from apps.common.trace import current_trace_id
from apps.tenants.context import require_tenant, tenant_context
from apps.tenants.errors import OrganizationInactive, WrongOrganization
from apps.tenants.models import SupportGrant
from apps.tenants.naming import PLATFORM


def support_actor(grant: SupportGrant, *, ip: str | None) -> Actor:
    """The actor of a grant that stands. No actor: it makes one."""
    return Actor(
        type="support",
        id=str(grant.person_id),
        label=grant.person,
        schema=grant.organization_id,
        permissions=SUPPORT,
        role="support",
        support_id=str(grant.pk),
        ip=ip,
        trace_id=current_trace_id(),
    )


def actor_from_support_token(token: str, *, now: datetime, ip: str | None) -> Actor:
    """The actor of a support token, which is good in the one organization that it names.

    Raises ``InvalidCredentials`` or ``WrongOrganization`` (both 401), ``OrganizationInactive``. No actor: it makes one.
    """
    if schema_of(token, SUPPORT_TOKEN) != require_tenant():
        raise WrongOrganization
    return _standing(_own().filter(token_hash=hash_secret(token)), now=now, ip=ip)


def actor_from_support_grant(grant_id: UUID | str, *, now: datetime, ip: str | None) -> Actor:
    """The actor of a grant that was entered before, as it stands now: for browsers and for what lasts.

    Raises ``InvalidCredentials``, ``OrganizationInactive``. No actor: it makes one.
    """
    return _standing(_own().filter(pk=grant_id), now=now, ip=ip)


def _own() -> QuerySet[SupportGrant]:
    """Of this organization; row rules say the same, where there are any."""
    return SupportGrant.objects.filter(organization_id=require_tenant())


def _standing(rows: QuerySet[SupportGrant], *, now: datetime, ip: str | None) -> Actor:
    grant = rows.select_related("organization__stored_settings").first()
    if grant is None or not grant.is_live(now):
        raise InvalidCredentials
    if not grant.organization.is_active:
        raise OrganizationInactive
    if not (grant.organization.settings.support_access and runs_platform(grant.person_id)):
        raise InvalidCredentials
    return support_actor(grant, ip=ip)


def runs_platform(person_id: UUID) -> bool:
    """Whether somebody still runs the platform. No actor: it is about who becomes one."""
    with tenant_context(PLATFORM):
        person = User.objects.filter(pk=person_id, is_active=True, role__actions__contains=["platform.manage"])
        return bool(person.exists())
