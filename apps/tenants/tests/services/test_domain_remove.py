"""Taking a host away."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.tenants.context import public_context
from apps.tenants.errors import InvalidHost
from apps.tenants.models import Domain, Organization
from apps.tenants.selectors import hosts_forget, organization_by_host
from apps.tenants.services.domains import domain_add, domain_remove

NOW = timezone.now()
ADMIN = Actor.system("admin", schema="platform")


def test_it_works(organization: Organization) -> None:
    domain = domain_add(actor=ADMIN, organization=organization, host="hub.example", now=NOW)
    domain_remove(actor=ADMIN, domain=domain, now=NOW)
    hosts_forget()
    assert organization_by_host("hub.example") is None


def test_the_first_host_stays(organization: Organization) -> None:
    with public_context():
        first = Domain.objects.select_related("tenant").get(tenant=organization, is_primary=True)
    with pytest.raises(InvalidHost):
        domain_remove(actor=ADMIN, domain=first, now=NOW)


def test_only_the_platform_may(organization: Organization) -> None:
    domain = domain_add(actor=ADMIN, organization=organization, host="hub.example", now=NOW)
    with pytest.raises(PermissionDenied):
        domain_remove(actor=Actor.system("x", schema=organization.schema_name), domain=domain, now=NOW)
