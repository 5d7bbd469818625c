"""Changing a domain."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.errors import PermissionDenied
from apps.events.models import Event
from apps.portal.errors import DomainNameTaken, DomainNotFound, DomainSlugReserved, DomainSlugTaken
from apps.portal.models import Domain
from apps.portal.services.domains import domain_create, domain_update
from apps.portal.tests.conftest import ActorOf, grant


def test_it_works(owner: User, actor: ActorOf, domain: Domain) -> None:
    domain_update(actor=actor(owner), domain=domain, changes={"name": "Folha", "icon": "x"}, now=timezone.now())

    stored = Domain.objects.get(pk=domain.pk)
    assert (stored.name, stored.icon, stored.slug) == ("Folha", "x", "dp-rh")
    assert Event.objects.get(name="domain.updated").data == {"fields": ["icon", "name"]}


@pytest.mark.parametrize(
    ("changes", "error"), [({"name": "compras"}, DomainNameTaken), ({"slug": "compras"}, DomainSlugTaken)]
)
def test_duplicates(
    owner: User, actor: ActorOf, domain: Domain, changes: dict[str, str], error: type[Exception]
) -> None:
    domain_create(actor=actor(owner), name="Compras", slug="compras", now=timezone.now())
    with pytest.raises(error):
        domain_update(actor=actor(owner), domain=domain, changes=changes, now=timezone.now())
    assert not Event.objects.filter(name="domain.updated").exists()


def test_a_slug_that_is_another_address_is_refused(owner: User, actor: ActorOf, domain: Domain) -> None:
    with pytest.raises(DomainSlugReserved):
        domain_update(actor=actor(owner), domain=domain, changes={"name": "X2", "slug": "runs"}, now=timezone.now())
    assert Domain.objects.get(pk=domain.pk).name == "Pessoal"


def test_its_own_name_in_another_case_is_no_duplicate(owner: User, actor: ActorOf, domain: Domain) -> None:
    domain_update(actor=actor(owner), domain=domain, changes={"name": "PESSOAL"}, now=timezone.now())
    assert Domain.objects.get(pk=domain.pk).name == "PESSOAL"


def test_a_domain_that_is_gone(owner: User, actor: ActorOf, domain: Domain) -> None:
    Domain.objects.filter(pk=domain.pk).delete()
    with pytest.raises(DomainNotFound):
        domain_update(actor=actor(owner), domain=domain, changes={"name": "X2"}, now=timezone.now())


def test_no_right(maintainer: User, actor: ActorOf, domain: Domain) -> None:
    with pytest.raises(PermissionDenied):
        domain_update(actor=actor(maintainer), domain=domain, changes={"name": "X2"}, now=timezone.now())


def test_a_grant_narrows_the_role(owner: User, actor: ActorOf, domain: Domain) -> None:
    other = domain_create(actor=actor(owner), name="Compras", slug="compras", now=timezone.now())
    grant(owner, "service.manage", other)
    with pytest.raises(PermissionDenied):
        domain_update(actor=actor(owner), domain=domain, changes={"name": "X2"}, now=timezone.now())
    domain_update(actor=actor(owner), domain=other, changes={"name": "X2"}, now=timezone.now())
