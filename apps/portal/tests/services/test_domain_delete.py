"""Removing a domain."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.errors import PermissionDenied
from apps.events.models import Event
from apps.portal.errors import DomainHasServices, DomainNotFound
from apps.portal.models import Domain, Service
from apps.portal.services.domains import domain_delete
from apps.portal.tests.conftest import ActorOf


def test_it_works(owner: User, actor: ActorOf, domain: Domain) -> None:
    domain_delete(actor=actor(owner), domain=domain, now=timezone.now())
    assert not Domain.objects.exists()
    assert Event.objects.get(name="domain.deleted").subject_label == "Pessoal"


def test_with_services(owner: User, actor: ActorOf, domain: Domain, service: Service) -> None:
    with pytest.raises(DomainHasServices):
        domain_delete(actor=actor(owner), domain=domain, now=timezone.now())
    assert Domain.objects.filter(pk=domain.pk).exists()
    assert not Event.objects.filter(name="domain.deleted").exists()


def test_twice(owner: User, actor: ActorOf, domain: Domain) -> None:
    domain_delete(actor=actor(owner), domain=domain, now=timezone.now())
    with pytest.raises(DomainNotFound):
        domain_delete(actor=actor(owner), domain=domain, now=timezone.now())


def test_no_right(teammate: User, actor: ActorOf, domain: Domain) -> None:
    with pytest.raises(PermissionDenied):
        domain_delete(actor=actor(teammate), domain=domain, now=timezone.now())
