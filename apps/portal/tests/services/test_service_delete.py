"""Removing a service."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.errors import PermissionDenied
from apps.events.models import Event
from apps.portal.errors import ServiceHasRuns, ServiceNotFound
from apps.portal.models import Service, ServiceRevision
from apps.portal.services.runs import service_run
from apps.portal.services.services import service_delete
from apps.portal.tests.conftest import ActorOf


def test_it_works(owner: User, actor: ActorOf, service: Service) -> None:
    service_delete(actor=actor(owner), service=service, now=timezone.now())
    assert not Service.objects.exists()
    assert not ServiceRevision.objects.exists()
    assert Event.objects.get(name="service.deleted").subject_label == "Fechamento"


def test_with_runs(owner: User, actor: ActorOf, service: Service) -> None:
    service_run(actor=actor(owner), service=service, parameters={"periodo": "2026-02"}, now=timezone.now())
    with pytest.raises(ServiceHasRuns):
        service_delete(actor=actor(owner), service=service, now=timezone.now())
    assert Service.objects.exists()


def test_twice(owner: User, actor: ActorOf, service: Service) -> None:
    service_delete(actor=actor(owner), service=service, now=timezone.now())
    with pytest.raises(ServiceNotFound):
        service_delete(actor=actor(owner), service=service, now=timezone.now())


def test_no_right(teammate: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(PermissionDenied):
        service_delete(actor=actor(teammate), service=service, now=timezone.now())
