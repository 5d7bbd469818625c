"""Making a domain."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, Unauthorized
from apps.events.models import Event
from apps.portal.errors import DomainNameTaken, DomainSlugReserved, DomainSlugTaken
from apps.portal.models import Domain
from apps.portal.services.domains import domain_create
from apps.portal.tests.conftest import grant

ActorOf = Callable[[User], Actor]


def test_it_works(owner: User, actor: ActorOf) -> None:
    now = timezone.now()
    domain = domain_create(actor=actor(owner), name="Folha", slug="dp-rh", description="d", icon="i", now=now)

    stored = Domain.objects.get(pk=domain.pk)
    assert (stored.name, stored.slug, stored.description, stored.icon) == ("Folha", "dp-rh", "d", "i")
    event = Event.objects.get(name="domain.created")
    assert (event.subject_id, event.actor_id, event.data) == (str(domain.pk), str(owner.pk), {"slug": "dp-rh"})


def test_a_name_is_unique_whatever_the_case(owner: User, actor: ActorOf) -> None:
    domain_create(actor=actor(owner), name="Folha", slug="a", now=timezone.now())
    with pytest.raises(DomainNameTaken) as caught:
        domain_create(actor=actor(owner), name="FOLHA", slug="b", now=timezone.now())
    assert list(caught.value.errors or {}) == ["name"]
    assert Event.objects.filter(name="domain.created").count() == 1


def test_a_slug_is_unique(owner: User, actor: ActorOf) -> None:
    domain_create(actor=actor(owner), name="A", slug="dp", now=timezone.now())
    with pytest.raises(DomainSlugTaken) as caught:
        domain_create(actor=actor(owner), name="B", slug="dp", now=timezone.now())
    assert list(caught.value.errors or {}) == ["slug"]


@pytest.mark.parametrize("slug", ["account", "docs", "runs", "services", "session"])
def test_a_slug_that_is_another_address_is_refused(owner: User, actor: ActorOf, slug: str) -> None:
    with pytest.raises(DomainSlugReserved) as caught:
        domain_create(actor=actor(owner), name="A", slug=slug, now=timezone.now())
    assert list(caught.value.errors or {}) == ["slug"]
    assert not Domain.objects.exists()


@pytest.mark.parametrize("who", ["maintainer", "teammate", "viewer", "stranger"])
def test_only_who_manages_services(who: str, request: pytest.FixtureRequest, actor: ActorOf) -> None:
    with pytest.raises(PermissionDenied):
        domain_create(actor=actor(request.getfixturevalue(who)), name="A", slug="a", now=timezone.now())


def test_a_grant_on_one_domain_makes_no_other(owner: User, actor: ActorOf) -> None:
    domain = domain_create(actor=actor(owner), name="A", slug="a1", now=timezone.now())
    grant(owner, "service.manage", domain)
    with pytest.raises(PermissionDenied):
        domain_create(actor=actor(owner), name="B", slug="b1", now=timezone.now())


def test_nobody_known(owner: User) -> None:
    with pytest.raises(Unauthorized):
        domain_create(actor=Actor.anonymous(schema="x"), name="A", slug="a", now=timezone.now())
