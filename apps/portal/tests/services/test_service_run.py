"""Running a service."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import TagGrant, User
from apps.common.errors import PermissionDenied
from apps.events.models import Event
from apps.executions.models import Execution
from apps.portal.errors import InvalidParameters, ServiceDisabled, ServiceNotFound
from apps.portal.models import Service
from apps.portal.services.runs import service_run
from apps.portal.services.services import service_update
from apps.portal.tests.conftest import ActorOf, MakeService, MakeVersion, grant, revoke
from apps.robots.errors import MissingEnvironment, RobotArchived, VersionNotFound
from apps.robots.models import Robot, RobotVersion, Run

MAY = {"periodo": "2026-02"}


def run(actor: ActorOf, user: User, service: Service, parameters: dict[str, Any] = MAY) -> Run:
    """Run a service as this user."""
    return service_run(actor=actor(user), service=service, parameters=parameters, now=timezone.now())


def test_it_works(teammate: User, actor: ActorOf, service: Service, version: RobotVersion) -> None:
    started = Run.objects.select_related("execution").get(pk=run(actor, teammate, service).pk)

    assert started.arguments == ["--fixed", "--periodo=2026-02", "--inativos=false"]
    assert started.environment == {"MODE": "prod", "SERVICE_DOMAIN": "dp-rh"}
    assert started.parameters == {"periodo": "2026-02"}
    assert (started.robot, started.version, started.trigger_type) == (service.robot, version, "SERVICE")
    assert (started.service_id, started.service_title, started.service_revision) == (service.pk, "Fechamento", 1)
    assert started.execution.requested_by == teammate
    assert Event.objects.get(name="run.queued").data["service_id"] == str(service.pk)


def test_a_run_keeps_the_revision_it_was_made_from(owner: User, actor: ActorOf, service: Service) -> None:
    first = run(actor, owner, service)
    service_update(actor=actor(owner), service=service, changes={"title": "Fecho"}, now=timezone.now())
    second = run(actor, owner, service)
    assert (first.service_revision, first.service_title) == (1, "Fechamento")
    assert (second.service_revision, second.service_title) == (2, "Fecho")


def test_the_default_version_comes_before_the_active_one(
    owner: User,
    actor: ActorOf,
    make_service: MakeService,
    make_version: MakeVersion,
    robot: Robot,
    version: RobotVersion,
) -> None:
    older = make_version(robot, "0.9.0")
    assert run(actor, owner, make_service(default_version_id=older.pk)).version == older


def test_unknown_parameters(teammate: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(InvalidParameters, match=r"^Unknown parameters: a, b\.$"):
        run(actor, teammate, service, {"periodo": "2026-02", "b": 1, "a": 2})
    assert not Execution.objects.exists()


def test_a_constant_of_the_template_cannot_be_submitted(teammate: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(InvalidParameters, match=r"^Unknown parameters: incluir_inativos\.$"):
        run(actor, teammate, service, MAY | {"incluir_inativos": True})


def test_missing_parameters(teammate: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(InvalidParameters, match=r"^Field 'Periodo' is required\.$") as caught:
        run(actor, teammate, service, {})
    assert caught.value.errors == {"periodo": ["Field 'Periodo' is required."]}


def test_answers_too_long_for_an_argument(teammate: User, actor: ActorOf, make_service: MakeService) -> None:
    service = make_service(
        form_schema_json={"fields": [{"key": "nota", "label": "Nota", "type": "textarea"}]},
        run_template_json={"mapping": {"runtime_arguments": ["{nota}{nota}"]}},
    )
    with pytest.raises(InvalidParameters, match="too long for runtime_arguments"):
        run(actor, teammate, service, {"nota": "x" * 20_000})


def test_a_disabled_service(owner: User, actor: ActorOf, service: Service) -> None:
    service_update(actor=actor(owner), service=service, changes={"enabled": False}, now=timezone.now())
    with pytest.raises(ServiceDisabled):
        run(actor, owner, service)
    assert not Run.objects.exists()


def test_what_was_disabled_a_moment_ago_does_not_start(owner: User, actor: ActorOf, service: Service) -> None:
    stale = Service.objects.get(pk=service.pk)
    service_update(actor=actor(owner), service=service, changes={"enabled": False}, now=timezone.now())
    with pytest.raises(ServiceDisabled):
        run(actor, owner, stale)


def test_a_service_that_is_gone(owner: User, actor: ActorOf, service: Service) -> None:
    Service.objects.filter(pk=service.pk).delete()
    with pytest.raises(ServiceNotFound):
        run(actor, owner, service)


def test_no_active_version(owner: User, actor: ActorOf, make_service: MakeService) -> None:
    with pytest.raises(VersionNotFound):
        run(actor, owner, make_service())


def test_an_archived_robot(owner: User, actor: ActorOf, service: Service, robot: Robot) -> None:
    Robot.objects.filter(pk=robot.pk).update(archived_at=timezone.now())
    with pytest.raises(RobotArchived):
        run(actor, owner, service)


def test_missing_environment(
    owner: User, actor: ActorOf, make_service: MakeService, make_version: MakeVersion, robot: Robot
) -> None:
    make_version(robot, "1.0.0", is_active=True, required_env_keys=["API_URL"])
    with pytest.raises(MissingEnvironment):
        run(actor, owner, make_service())


@pytest.mark.parametrize("who", ["viewer", "stranger"])
def test_no_right(who: str, request: pytest.FixtureRequest, actor: ActorOf, service: Service) -> None:
    with pytest.raises(PermissionDenied):
        run(actor, request.getfixturevalue(who), service)
    assert not Run.objects.exists()


def test_a_grant_on_another_service_narrows_the_role(
    teammate: User, actor: ActorOf, service: Service, make_service: MakeService
) -> None:
    other = make_service(title="Outro")
    grant(teammate, "service.run", other)
    assert run(actor, teammate, other)
    with pytest.raises(PermissionDenied):
        run(actor, teammate, service)


def test_a_grant_on_the_domain_covers_its_services(teammate: User, actor: ActorOf, service: Service) -> None:
    grant(teammate, "service.run", service.domain)
    assert run(actor, teammate, service)


def test_a_grant_by_the_robots_tag(teammate: User, actor: ActorOf, service: Service) -> None:
    grant = TagGrant.objects.create(action="service.run", scope_tag="fiscal", user=teammate)
    with pytest.raises(PermissionDenied):
        run(actor, teammate, service)
    grant.scope_tag = "dp"
    grant.save(update_fields=["scope_tag"])
    assert run(actor, teammate, service)


def test_the_robot_must_be_in_scope_too(teammate: User, actor: ActorOf, service: Service, robot: Robot) -> None:
    other = Robot.objects.create(name="Outro")
    grant(teammate, "robot.run", other)
    with pytest.raises(PermissionDenied):
        run(actor, teammate, service)
    revoke(teammate, "robot.run", other)
    grant(teammate, "robot.run", robot)
    assert run(actor, teammate, service)
