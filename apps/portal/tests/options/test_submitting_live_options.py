"""The same resolver runs again at submit: a stale, foreign or unseen option starts nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.portal.errors import InvalidParameters
from apps.portal.models import Service
from apps.portal.services.runs import service_run
from apps.portal.tests.conftest import ActorOf, MakeService, MakeVersion, grant
from apps.portal.tests.selectors.test_form_fields import LIVE
from apps.robots.models import Robot, RobotVersion, Run
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization


@pytest.fixture
def live(make_service: MakeService, version: RobotVersion) -> Service:
    template = {"mapping": {"runtime_arguments": ["{robo}", "{versao}"]}}
    return make_service(form_schema_json=LIVE, run_template_json=template)


def run(actor: ActorOf, user: User, service: Service, **parameters: Any) -> Run:
    """Run with these answers."""
    return service_run(actor=actor(user), service=service, parameters=parameters, now=timezone.now())


def refused(actor: ActorOf, user: User, service: Service, **parameters: Any) -> set[str]:
    """Return the fields that were refused; nothing started."""
    with pytest.raises(InvalidParameters) as caught:
        run(actor, user, service, **parameters)
    assert not Run.objects.exists()
    return set(caught.value.errors or {})


def test_it_works(teammate: User, actor: ActorOf, live: Service, robot: Robot, version: RobotVersion) -> None:
    started = run(actor, teammate, live, robo=str(robot.pk), versao=str(version.pk))
    assert started.arguments[1:] == [str(robot.pk), str(version.pk)]


def test_stale(teammate: User, actor: ActorOf, live: Service) -> None:
    gone = Robot.objects.create(name="Velho", archived_at=timezone.now())
    assert refused(actor, teammate, live, robo=str(gone.pk)) == {"robo"}


def test_of_another_parent(
    teammate: User, actor: ActorOf, live: Service, robot: Robot, make_version: MakeVersion
) -> None:
    other = make_version(Robot.objects.create(name="Outro"), "1.0.0")
    assert refused(actor, teammate, live, robo=str(robot.pk), versao=str(other.pk)) == {"versao"}


def test_foreign(teammate: User, actor: ActorOf, live: Service, other_organization: Organization) -> None:
    with tenant_context(other_organization):
        foreign = Robot.objects.create(name="Alheio")
    assert refused(actor, teammate, live, robo=str(foreign.pk)) == {"robo"}


def test_unseen(teammate: User, actor: ActorOf, live: Service, robot: Robot) -> None:
    grant(teammate, "robot.read", Robot.objects.create(name="Outro"))
    assert refused(actor, teammate, live, robo=str(robot.pk)) == {"robo"}


def test_a_secret_nobody_keeps(teammate: User, actor: ActorOf, live: Service) -> None:
    assert refused(actor, teammate, live, token="API_TOKEN") == {"token"}
