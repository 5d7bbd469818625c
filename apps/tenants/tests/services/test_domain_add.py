"""Own hosts of organizations."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.tenants.context import public_context
from apps.tenants.errors import DomainTaken, InvalidHost
from apps.tenants.models import Domain, Organization
from apps.tenants.selectors import hosts_forget, organization_by_host
from apps.tenants.services.domains import domain_add

NOW = timezone.now()
ADMIN = Actor.system("admin", schema="platform")


@pytest.mark.parametrize(
    ("host", "kept"), [("hub.acme.example", "hub.acme.example"), ("Bücher.Example.", "xn--bcher-kva.example")]
)
def test_it_works(organization: Organization, host: str, kept: str) -> None:
    domain = domain_add(actor=ADMIN, organization=organization, host=host, now=NOW)
    assert (domain.domain, domain.is_primary) == (kept, False)
    hosts_forget()
    assert organization_by_host(kept) == organization
    assert organization_by_host("acme.localhost") == organization


SHARED = ["localhost", "other.localhost", "a.b.localhost", "127.0.0.1"]
MALFORMED = [
    "",
    "10.1.1.1",
    "[::1]",
    "single",
    "a b.example",
    "acme.example:8000",
    "acme.example/path",
    "*.acme.example",
]


@pytest.mark.parametrize("host", [*SHARED, *MALFORMED, "https://acme.example"])
def test_other_hosts_are_refused(organization: Organization, host: str) -> None:
    with pytest.raises(InvalidHost):
        domain_add(actor=ADMIN, organization=organization, host=host, now=NOW)


def test_a_host_leads_to_one_organization(organization: Organization, other_organization: Organization) -> None:
    domain_add(actor=ADMIN, organization=organization, host="hub.example", now=NOW)
    for owner in (organization, other_organization):
        with pytest.raises(DomainTaken):
            domain_add(actor=ADMIN, organization=owner, host="HUB.example", now=NOW)


def test_only_the_platform_may(organization: Organization) -> None:
    for actor in (
        Actor.system("somebody", schema=organization.schema_name),
        Actor(type="user", id="1", label="x", schema="platform", permissions=frozenset({"admin.manage"})),
        Actor.anonymous(schema="platform"),
    ):
        with pytest.raises(PermissionDenied):
            domain_add(actor=actor, organization=organization, host="hub.example", now=NOW)
    with public_context():
        assert not Domain.objects.filter(domain="hub.example").exists()
