"""Support's access, as the platform and the organization see it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.errors import SupportGrantNotFound
from apps.accounts.permissions import require
from apps.accounts.selectors.organizations import organization_any_get
from apps.common.actor import Actor
from apps.tenants.context import require_tenant
from apps.tenants.models import SupportGrant
from apps.tenants.services.organizations import require_platform


def support_grants_visible(
    *, actor: Actor, organization_id: UUID, live: bool | None = None, now: datetime
) -> QuerySet[SupportGrant]:
    """Support's access to one organization, the last one first [platform.manage]. Raises ``OrganizationNotFound``."""
    organization = organization_any_get(actor=actor, organization_id=organization_id)
    return _support_grants(organization.schema_name, live, now)


def support_grant_get(*, actor: Actor, organization_id: UUID, grant_id: UUID) -> SupportGrant:
    """One access to that organization [platform.manage]. Raises ``SupportGrantNotFound``."""
    require_platform(actor)
    found = SupportGrant.objects.filter(pk=grant_id, organization__pk=organization_id).first()
    if found is None:
        raise SupportGrantNotFound
    return found


def support_grants_own(*, actor: Actor, live: bool | None = None, now: datetime) -> QuerySet[SupportGrant]:
    """Support's access to the actor's own organization, the last one first [settings.manage]."""
    require(actor, "settings.manage")
    return _support_grants(require_tenant(), live, now)


def _support_grants(schema: str, live: bool | None, now: datetime) -> QuerySet[SupportGrant]:
    grants = SupportGrant.objects.filter(organization_id=schema).order_by("-id")
    standing = Q(ended_at=None, expires_at__gt=now)
    return grants if live is None else grants.filter(standing if live else ~standing)
