"""Services from the lines of a file: all of them or none."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.common.imports import Change, Imported
from apps.events.models import Event
from apps.portal.models import Domain, Service, ServiceRevision
from apps.portal.services.domains import domain_create
from apps.portal.services.imports import services_import
from apps.portal.tests.conftest import FORM, TEMPLATE, ActorOf, grant
from apps.robots.models import Robot, RobotVersion


def imported(actor: Actor, *lines: dict[str, Any], dry_run: bool = False) -> Imported:
    return services_import(actor=actor, lines=dict(enumerate(lines, 2)), dry_run=dry_run, now=timezone.now())


def line(**more: Any) -> dict[str, Any]:
    return {"domain": "dp-rh", "title": "Folha", "robot": "folha", **more}


def test_it_works(owner: User, actor: ActorOf, service: Service, version: RobotVersion) -> None:
    report = imported(
        actor(owner),
        line(form_schema_json=FORM, run_template_json=TEMPLATE, default_version="1.0.0", enabled=False),
        line(title="FECHAMENTO", description="Monthly"),
        line(default_version=""),
        line(),
    )
    assert report.changes == {2: Change.CREATED, 3: Change.UPDATED, 4: Change.UPDATED, 5: Change.UNCHANGED}
    made = Service.objects.get(title="Folha")
    assert (made.form_schema_json, made.enabled, made.default_version, made.revision) == (FORM, False, None, 2)
    assert ServiceRevision.objects.get(service=made, number=1).content["default_version_id"] == str(version.pk)
    service.refresh_from_db()
    assert (service.title, service.description, service.form_schema_json) == ("FECHAMENTO", "Monthly", FORM)
    assert Event.objects.filter(name="service.updated").count() == 2


def test_one_wrong_line_and_nothing_is_written(owner: User, actor: ActorOf, domain: Domain, robot: Robot) -> None:
    broken = {"mapping": {"runtime_arguments": ["{nope}"]}}
    report = imported(
        actor(owner),
        line(),
        line(title="B", domain="nowhere"),
        line(title="C", robot="Nobody"),
        line(title="D", default_version="9.9.9"),
        line(title="E", run_template_json=broken),
        line(title="F", form_schema_json=["list"]),
    )
    assert [(error.line, error.field) for error in report.errors] == [
        (3, "domain"),
        (4, "robot"),
        (5, "default_version"),
        (6, "run_template_json"),
        (7, "form_schema_json"),
    ]
    assert not Service.objects.exists()
    assert not Event.objects.filter(name="service.created").exists()


def test_a_dry_run_writes_nothing(owner: User, actor: ActorOf, domain: Domain, robot: Robot) -> None:
    assert imported(actor(owner), line(), dry_run=True).count(Change.CREATED) == 1
    assert not Service.objects.exists()


def test_only_in_domains_that_one_manages(owner: User, viewer: User, actor: ActorOf, service: Service) -> None:
    domain_create(actor=actor(owner), name="TI", slug="ti", now=timezone.now())
    for action in ("service.manage", "service.read"):
        grant(viewer, action, service.domain)
    report = imported(actor(viewer), line(), line(domain="ti"))
    assert [(error.line, error.field) for error in report.errors] == [(3, "domain")]
    assert imported(actor(viewer), line()).changes == {2: Change.CREATED}


def test_without_the_right(viewer: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(PermissionDenied):
        imported(actor(viewer), line(title=service.title, description="Mine"), dry_run=True)
    service.refresh_from_db()
    assert service.description == ""
