"""Changing a service: every save is a revision."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.errors import PermissionDenied
from apps.events.models import Event
from apps.portal.errors import (
    DomainNotFound,
    InvalidDefaultVersion,
    InvalidRunTemplate,
    ServiceNotFound,
    ServiceTitleTaken,
)
from apps.portal.models import Domain, Service, ServiceRevision
from apps.portal.services.domains import domain_create
from apps.portal.services.services import service_update
from apps.portal.tests.conftest import ActorOf, MakeService, MakeVersion, grant
from apps.robots.models import Robot, RobotVersion


def change(actor: ActorOf, user: User, service: Service, **changes: Any) -> Service:
    """Change a service as this user."""
    return service_update(actor=actor(user), service=service, changes=changes, now=timezone.now())


def test_it_works(owner: User, actor: ActorOf, service: Service) -> None:
    before = service.content()
    change(actor, owner, service, title="Fecho", enabled=False)

    stored = Service.objects.get(pk=service.pk)
    assert (stored.title, stored.enabled, stored.revision) == ("Fecho", False, 2)
    contents = dict(ServiceRevision.objects.filter(service=stored).values_list("number", "content"))
    assert contents == {1: before, 2: stored.content()}
    event = Event.objects.get(name="service.updated")
    assert (event.data["revision"], event.data["fields"]) == (2, ["title", "enabled"])


def test_a_save_without_a_change_is_a_revision_too(owner: User, actor: ActorOf, service: Service) -> None:
    assert change(actor, owner, service).revision == 2


def test_revisions_go_on_from_what_is_stored(owner: User, actor: ActorOf, service: Service) -> None:
    stale = Service.objects.get(pk=service.pk)
    change(actor, owner, service, title="Fecho")
    assert change(actor, owner, stale, icon="x").revision == 3
    assert Service.objects.get(pk=service.pk).title == "Fecho"


def test_the_template_is_checked_against_the_form_that_stays(owner: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(InvalidRunTemplate):
        change(actor, owner, service, form_schema_json={"fields": []})
    change(actor, owner, service, form_schema_json={"fields": []}, run_template_json={})
    assert Service.objects.get(pk=service.pk).revision == 2


def test_the_default_version_must_fit_the_robot(
    owner: User, actor: ActorOf, service: Service, version: RobotVersion, make_version: MakeVersion
) -> None:
    change(actor, owner, service, default_version_id=version.pk)
    other = Robot.objects.create(name="Outro")
    with pytest.raises(InvalidDefaultVersion):
        change(actor, owner, service, robot_id=other.pk)
    theirs = make_version(other, "2.0.0")
    change(actor, owner, service, robot_id=other.pk, default_version_id=theirs.pk)
    change(actor, owner, service, default_version_id=None)

    stored = Service.objects.get(pk=service.pk)
    assert (stored.robot, stored.default_version, stored.revision) == (other, None, 4)


def test_moving_to_another_domain(owner: User, actor: ActorOf, service: Service) -> None:
    other = domain_create(actor=actor(owner), name="Compras", slug="compras", now=timezone.now())
    change(actor, owner, service, domain_id=other.pk)
    assert Service.objects.get(pk=service.pk).domain == other


def test_moving_to_a_domain_one_does_not_see(owner: User, actor: ActorOf, service: Service, domain: Domain) -> None:
    other = domain_create(actor=actor(owner), name="Compras", slug="compras", now=timezone.now())
    grant(owner, "service.read", domain)
    with pytest.raises(DomainNotFound):
        change(actor, owner, service, domain_id=other.pk)


def test_moving_to_a_domain_one_does_not_manage(owner: User, actor: ActorOf, service: Service, domain: Domain) -> None:
    other = domain_create(actor=actor(owner), name="Compras", slug="compras", now=timezone.now())
    grant(owner, "service.manage", domain)
    with pytest.raises(PermissionDenied):
        change(actor, owner, service, domain_id=other.pk)


def test_a_title_that_is_taken(owner: User, actor: ActorOf, service: Service, make_service: MakeService) -> None:
    make_service(title="Outro")
    with pytest.raises(ServiceTitleTaken):
        change(actor, owner, service, title="outro")
    assert Service.objects.get(pk=service.pk).revision == 1


def test_a_service_that_is_gone(owner: User, actor: ActorOf, service: Service) -> None:
    Service.objects.filter(pk=service.pk).delete()
    with pytest.raises(ServiceNotFound):
        change(actor, owner, service, title="Fecho")


def test_no_right(maintainer: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(PermissionDenied):
        change(actor, maintainer, service, title="Fecho")


@pytest.mark.parametrize("granted", ["service", "domain"])
def test_a_grant_on_the_service_or_its_domain(
    granted: str, owner: User, actor: ActorOf, request: pytest.FixtureRequest, service: Service
) -> None:
    grant(owner, "service.manage", request.getfixturevalue(granted))
    assert change(actor, owner, service, title="Fecho").title == "Fecho"
