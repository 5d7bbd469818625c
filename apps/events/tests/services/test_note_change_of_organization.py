"""What the platform does to an organization stands in the platform's ledger."""

from __future__ import annotations

from django.utils import timezone

from apps.common.actor import Actor
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.services.organizations import organization_activate, organization_suspend


def test_it_works(other_organization: Organization, organization: Organization) -> None:
    admin = Actor.system("platform-admin", schema="platform")
    organization_suspend(actor=admin, organization=other_organization, now=timezone.now())
    organization_suspend(actor=admin, organization=other_organization, now=timezone.now())  # nothing happened
    organization_activate(actor=admin, organization=other_organization, now=timezone.now())
    with tenant_context("platform"):
        found = Event.objects.order_by("id").filter(subject_id=str(other_organization.pk))
        assert [event.name for event in found] == ["organization.suspended", "organization.activated"]
        assert {event.subject_type for event in found} == {"tenants.organization"}
    assert not Event.objects.exists()
