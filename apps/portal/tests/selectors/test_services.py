"""Which services an actor sees."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts.models import TagGrant, User
from apps.common.errors import PermissionDenied
from apps.common.ids import uuid7
from apps.portal.errors import ServiceNotFound
from apps.portal.models import Domain, Service
from apps.portal.selectors.services import service_get, services_list
from apps.portal.services.domains import domain_create
from apps.portal.tests.conftest import ActorOf, MakeService, grant


def test_it_works(
    viewer: User, owner: User, actor: ActorOf, make_service: MakeService, service: Service, domain: Domain
) -> None:
    elsewhere = domain_create(actor=actor(owner), name="Compras", slug="compras", now=timezone.now())
    disabled = make_service(title="Admissão", enabled=False)
    bought = make_service(title="Pedido", description="notas fiscais", domain_id=elsewhere.pk)
    who = actor(viewer)

    assert list(services_list(actor=who)) == [disabled, service, bought]
    assert list(services_list(actor=who, domain_id=domain.pk)) == [disabled, service]
    assert list(services_list(actor=who, enabled_only=True)) == [service, bought]
    assert list(services_list(actor=who, search="FISCAIS")) == [bought]
    assert service_get(actor=who, service_id=service.pk) == service


@pytest.mark.parametrize("by", ["service", "domain", "tag"])
def test_a_grant_hides_the_others(
    by: str, viewer: User, owner: User, actor: ActorOf, make_service: MakeService, service: Service
) -> None:
    elsewhere = domain_create(actor=actor(owner), name="Compras", slug="compras", now=timezone.now())
    hidden = make_service(domain_id=elsewhere.pk)
    if by == "tag":
        TagGrant.objects.create(action="service.read", scope_tag="dp", user=viewer)
        type(service.robot).objects.create(name="Outro")
    else:
        grant(viewer, "service.read", service if by == "service" else service.domain)

    found = set(services_list(actor=actor(viewer)))
    assert service in found
    assert (hidden in found) is (by == "tag")


def test_an_unknown_service(viewer: User, actor: ActorOf) -> None:
    with pytest.raises(ServiceNotFound):
        service_get(actor=actor(viewer), service_id=uuid7())


def test_no_right(stranger: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(PermissionDenied):
        service_get(actor=actor(stranger), service_id=service.pk)
