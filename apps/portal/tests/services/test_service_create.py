"""Offering a robot as a service."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.errors import PermissionDenied
from apps.common.ids import uuid7
from apps.events.models import Event
from apps.portal.errors import (
    DomainNotFound,
    InvalidDefaultVersion,
    InvalidFormSchema,
    InvalidRunTemplate,
    ServiceTitleTaken,
)
from apps.portal.models import Domain, Service, ServiceRevision
from apps.portal.services.domains import domain_create
from apps.portal.services.services import service_create
from apps.portal.tests.conftest import FORM, TEMPLATE, ActorOf, MakeService, MakeVersion, grant
from apps.robots.errors import RobotNotFound
from apps.robots.models import Robot, RobotVersion


def test_it_works(owner: User, make_service: MakeService, domain: Domain, robot: Robot, version: RobotVersion) -> None:
    service = make_service(
        default_version_id=version.pk, confirmation_text="Certeza?", expected_minutes=5, icon="i", description="d"
    )

    stored = Service.objects.get(pk=service.pk)
    assert (stored.domain, stored.robot, stored.default_version, stored.created_by) == (domain, robot, version, owner)
    assert (stored.form_schema_json, stored.run_template_json) == (FORM, TEMPLATE)
    assert (stored.enabled, stored.revision, stored.expected_minutes) == (True, 1, 5)
    revision = ServiceRevision.objects.get(service=stored)
    assert (revision.number, revision.content, revision.created_by) == (1, stored.content(), owner)
    assert Event.objects.get(name="service.created").subject_id == str(stored.pk)


def test_a_title_is_unique_in_its_domain(
    owner: User, actor: ActorOf, make_service: MakeService, service: Service
) -> None:
    with pytest.raises(ServiceTitleTaken) as caught:
        make_service(title="FECHAMENTO")
    assert list(caught.value.errors or {}) == ["title"]
    assert ServiceRevision.objects.count() == 1

    other = domain_create(actor=actor(owner), name="Compras", slug="compras", now=timezone.now())
    assert make_service(domain_id=other.pk)


@pytest.mark.parametrize(
    ("form", "part"),
    [
        ({"fields": [{"key": "1", "label": "A", "type": "text"}]}, "Field '1', key:"),
        (
            {"fields": [{"key": "a", "label": "A", "type": "text", "validation": {"regex": "("}}]},
            "Field 'a', validation.regex: RE2 cannot take it",
        ),
        (
            {"fields": [{"key": "a", "label": "A", "type": "select", "optionsFrom": {"provider": "planets"}}]},
            "Field 'a', optionsFrom.provider: must be one of:",
        ),
        (
            {
                "fields": [
                    {
                        "key": "a",
                        "label": "A",
                        "type": "select",
                        "optionsFrom": {"provider": "versions", "filter": {"robot_id": "x"}},
                    }
                ]
            },
            "Field 'a', optionsFrom.filter.robot_id: must be an id",
        ),
        ({"campos": []}, "keys: unknown keys: campos"),
    ],
)
def test_a_form_that_breaks_a_rule(make_service: MakeService, form: dict[str, Any], part: str) -> None:
    with pytest.raises(InvalidFormSchema) as caught:
        make_service(form_schema_json=form, run_template_json={})
    assert part in str((caught.value.errors or {})["form_schema_json"][0])
    assert not Service.objects.exists()


def test_a_template_that_names_an_unknown_field(make_service: MakeService) -> None:
    with pytest.raises(InvalidRunTemplate) as caught:
        make_service(run_template_json={"mapping": {"runtime_arguments": ["{nope}"]}})
    problems = (caught.value.errors or {})["run_template_json"]
    assert problems == ["mapping.runtime_arguments[0]: unknown field 'nope'."]


def test_the_default_version_of_another_robot(
    make_service: MakeService, make_version: MakeVersion, robot: Robot
) -> None:
    other = make_version(Robot.objects.create(name="Outro"), "1.0.0")
    with pytest.raises(InvalidDefaultVersion) as caught:
        make_service(default_version_id=other.pk)
    assert list(caught.value.errors or {}) == ["default_version_id"]


def test_a_default_version_that_does_not_exist(make_service: MakeService) -> None:
    with pytest.raises(InvalidDefaultVersion):
        make_service(default_version_id=uuid7())


def test_an_unknown_domain(make_service: MakeService) -> None:
    with pytest.raises(DomainNotFound):
        make_service(domain_id=uuid7())


def test_an_unknown_robot(make_service: MakeService) -> None:
    with pytest.raises(RobotNotFound):
        make_service(robot_id=uuid7())


def test_an_archived_robot(make_service: MakeService, robot: Robot) -> None:
    Robot.objects.filter(pk=robot.pk).update(archived_at=timezone.now())
    with pytest.raises(RobotNotFound):
        make_service()


def test_a_robot_the_author_may_not_see(owner: User, make_service: MakeService, robot: Robot) -> None:
    grant(owner, "robot.read", Robot.objects.create(name="Outro"))
    with pytest.raises(RobotNotFound):
        make_service()


@pytest.mark.parametrize("who", ["maintainer", "teammate", "viewer", "stranger"])
def test_no_right(who: str, request: pytest.FixtureRequest, actor: ActorOf, domain: Domain, robot: Robot) -> None:
    with pytest.raises(PermissionDenied):
        service_create(
            actor=actor(request.getfixturevalue(who)),
            domain_id=domain.pk,
            robot_id=robot.pk,
            title="Fechamento",
            form_schema_json={},
            run_template_json={},
            now=timezone.now(),
        )
    assert not Service.objects.exists()
