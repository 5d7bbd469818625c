"""All hosts of an organization at once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.tenants.context import public_context
from apps.tenants.errors import DomainTaken, InvalidHost
from apps.tenants.models import Domain, Organization
from apps.tenants.services.domains import domain_add, domains_set

NOW = timezone.now()
ADMIN = Actor.system("admin", schema="platform")


def hosts(organization: Organization) -> dict[str, bool]:
    with public_context():
        return dict(Domain.objects.filter(tenant=organization.pk).values_list("domain", "is_primary"))


def test_it_works(organization: Organization) -> None:
    domains_set(actor=ADMIN, organization=organization, first="Hub.Acme.example.", hosts=["b.example"], now=NOW)
    assert hosts(organization) == {"acme.localhost": False, "b.example": False, "hub.acme.example": True}
    domains_set(actor=ADMIN, organization=organization, first=None, hosts=["hub.acme.example"], now=NOW)
    assert hosts(organization) == {"acme.localhost": False, "hub.acme.example": True}
    domains_set(actor=ADMIN, organization=organization, first="acme.localhost", hosts=None, now=NOW)
    assert hosts(organization) == {"acme.localhost": True, "hub.acme.example": False}


def test_a_host_that_is_refused_leaves_all_as_they_were(
    organization: Organization, other_organization: Organization
) -> None:
    domain_add(actor=ADMIN, organization=other_organization, host="hub.rival.example", now=NOW)
    domain_add(actor=ADMIN, organization=organization, host="hub.acme.example", now=NOW)
    before = hosts(organization)
    for wrong, error in (("hub.rival.example", DomainTaken), ("rival.localhost", InvalidHost), ("[::1]", InvalidHost)):
        with pytest.raises(error):
            domains_set(actor=ADMIN, organization=organization, first=wrong, hosts=["a.example"], now=NOW)
        assert hosts(organization) == before


def test_only_the_platform_may(organization: Organization) -> None:
    own = Actor.system("x", schema=organization.schema_name)
    with pytest.raises(PermissionDenied):
        domains_set(actor=own, organization=organization, first=None, hosts=[], now=NOW)
