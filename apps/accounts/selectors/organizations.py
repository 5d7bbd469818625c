"""The actor's organization, and all of them for who runs the platform."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.permissions import require_member
from apps.common.actor import Actor
from apps.tenants.errors import CertificateNotFound, OrganizationNotFound
from apps.tenants.models import Domain, Organization, OrganizationSettings, PurgeCertificate
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import organization_current, organization_settings_now
from apps.tenants.services.organizations import require_platform


def organization_get(*, actor: Actor) -> Organization:
    """The actor's own organization with its hosts and settings, for all its people. Raises ``Unauthorized``."""
    require_member(actor)
    return organization_current()


def organizations_visible(
    *, actor: Actor, search: str = "", plan: str = "", is_active: bool | None = None
) -> QuerySet[Organization]:
    """Every organization but the platform, with its hosts and settings, for who runs the platform [platform.manage].

    ``search`` looks into name, slug and hosts.
    """
    require_platform(actor)
    found = Organization.objects.exclude(schema_name=PLATFORM).select_related("stored_settings")
    if search:
        hosts = Domain.objects.filter(domain__icontains=search).values("tenant")
        found = found.filter(Q(name__icontains=search) | Q(slug__icontains=search) | Q(pk__in=hosts))
    if plan:
        found = found.filter(plan=plan)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    return found.prefetch_related("domains").order_by("name", "id")


def organization_any_get(*, actor: Actor, organization_id: UUID) -> Organization:
    """One organization, for who runs the platform [platform.manage]. Raises ``OrganizationNotFound``."""
    found = organizations_visible(actor=actor).filter(pk=organization_id).first()
    if found is None:
        raise OrganizationNotFound
    return found


def certificate_get(*, actor: Actor, organization_id: UUID) -> PurgeCertificate:
    """What stays of an organization that was purged [platform.manage]. Raises ``CertificateNotFound``."""
    require_platform(actor)
    found = PurgeCertificate.objects.filter(organization_id=organization_id).first()
    if found is None:
        raise CertificateNotFound
    return found


def is_own(*, actor: Actor, organization_id: UUID) -> bool:
    """Whether an id is that of the actor's own organization: always, but for who runs the platform, which is nobody's.

    To others no organization but their own is there: raises ``OrganizationNotFound``.
    """
    if actor.schema == PLATFORM:
        return False
    if organization_current().pk != organization_id:
        raise OrganizationNotFound
    return True


def organization_settings_of(*, actor: Actor, organization_id: UUID) -> OrganizationSettings:
    """What an organization has set, for its own people as :func:`organization_settings_get`, and for who runs the
    platform [platform.manage]. Raises ``OrganizationNotFound``.
    """
    if is_own(actor=actor, organization_id=organization_id):
        return organization_settings_get(actor=actor)
    return organization_any_get(actor=actor, organization_id=organization_id).settings


def organization_settings_get(*, actor: Actor) -> OrganizationSettings:
    """What the actor's own organization has set, or the defaults, for all its people. Raises ``Unauthorized``."""
    require_member(actor)
    return organization_settings_now()
