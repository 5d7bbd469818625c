"""Which domains an actor sees."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts.models import TagGrant, User
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, Unauthorized
from apps.common.ids import uuid7
from apps.portal.errors import DomainNotFound
from apps.portal.models import Domain, Service
from apps.portal.selectors.domains import domain_by_slug, domain_get, domains_list, domains_visible
from apps.portal.services.domains import domain_create
from apps.portal.tests.conftest import ActorOf, grant


@pytest.fixture
def other_domain(owner: User, actor: ActorOf) -> Domain:
    return domain_create(actor=actor(owner), name="Compras", slug="compras", now=timezone.now())


def test_it_works(viewer: User, actor: ActorOf, domain: Domain, other_domain: Domain) -> None:
    assert list(domains_visible(actor=actor(viewer))) == [other_domain, domain]
    assert domain_get(actor=actor(viewer), domain_id=domain.pk) == domain
    assert domain_by_slug(actor=actor(viewer), slug="dp-rh") == domain
    assert list(domains_list(actor=actor(viewer), search="COMP")) == [other_domain]


def test_a_grant_on_one_domain_hides_the_others(
    viewer: User, actor: ActorOf, domain: Domain, other_domain: Domain
) -> None:
    grant(viewer, "service.read", other_domain)
    assert list(domains_visible(actor=actor(viewer))) == [other_domain]
    with pytest.raises(DomainNotFound):
        domain_get(actor=actor(viewer), domain_id=domain.pk)


@pytest.mark.parametrize("by_tag", [True, False])
def test_the_domain_of_a_granted_service_is_seen(
    by_tag: bool, viewer: User, actor: ActorOf, service: Service, other_domain: Domain
) -> None:
    if by_tag:
        TagGrant.objects.create(action="service.read", scope_tag="dp", user=viewer)
    else:
        grant(viewer, "service.read", service)
    assert list(domains_visible(actor=actor(viewer))) == [service.domain]


@pytest.mark.parametrize("slug", ["nope", "", "DP-RH", "dp-rh "])
def test_an_unknown_slug(slug: str, viewer: User, actor: ActorOf, domain: Domain) -> None:
    with pytest.raises(DomainNotFound):
        domain_by_slug(actor=actor(viewer), slug=slug)


def test_an_unknown_id(viewer: User, actor: ActorOf, domain: Domain) -> None:
    with pytest.raises(DomainNotFound):
        domain_get(actor=actor(viewer), domain_id=uuid7())


def test_no_right(stranger: User, actor: ActorOf) -> None:
    with pytest.raises(PermissionDenied):
        domains_visible(actor=actor(stranger))


def test_nobody_known(organization: object) -> None:
    with pytest.raises(Unauthorized):
        domains_visible(actor=Actor.anonymous(schema="x"))
