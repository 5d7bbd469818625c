"""A small catalogue: one domain, one robot with an active version, one service as in the documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from apps.accounts.backends import PATH
from apps.accounts.models import User, UserGrant
from apps.common.actor import Actor
from apps.portal.models import Domain, Service
from apps.portal.services.domains import domain_create
from apps.portal.services.services import service_create
from apps.robots.models import Robot, RobotVersion
from apps.tenants.models import Organization

ActorOf = Callable[[User], Actor]
MakeService = Callable[..., Service]
MakeVersion = Callable[..., RobotVersion]
Browser = Callable[[User | None], Client]

FORM: dict[str, Any] = {
    "fields": [
        {
            "key": "periodo",
            "label": "Periodo",
            "type": "text",
            "required": True,
            "helpText": "YYYY-MM",
            "validation": {"regex": "^\\d{4}-\\d{2}$"},
        }
    ]
}
TEMPLATE: dict[str, Any] = {
    "defaults": {"incluir_inativos": False},
    "mapping": {
        "runtime_arguments": ["--periodo={periodo}", "--inativos={incluir_inativos}"],
        "runtime_env": {"SERVICE_DOMAIN": "dp-rh"},
    },
}


def grant(user: User, action: str, thing: Model) -> None:
    """Give a user an explicit grant of one action on one object."""
    UserGrant.objects.assign_perm(action, user, thing)


def revoke(user: User, action: str, thing: Model) -> None:
    """Take it back."""
    UserGrant.objects.filter(user=user, permission__codename=action, object_pk=str(thing.pk)).delete()


@pytest.fixture
def domain(owner: User, actor: ActorOf) -> Domain:
    return domain_create(actor=actor(owner), name="Pessoal", slug="dp-rh", now=timezone.now())


@pytest.fixture
def robot(owner: User) -> Robot:
    return Robot.objects.create(name="Folha", tags=["dp"], created_by=owner)


@pytest.fixture
def make_version() -> MakeVersion:
    """Stores a version of a robot, as publishing would leave it."""

    def make(robot: Robot, version: str, **fields: Any) -> RobotVersion:
        stored = {"artifact_type": "py", "artifact_name": "main.py", "artifact_sha256": "0" * 64, "artifact_size": 1}
        return RobotVersion.objects.create(robot=robot, version=version, **{**stored, **fields})

    return make


@pytest.fixture
def version(robot: Robot, make_version: MakeVersion) -> RobotVersion:
    return make_version(robot, "1.0.0", is_active=True, arguments=["--fixed"], env_vars={"MODE": "prod"})


@pytest.fixture
def make_service(owner: User, actor: ActorOf, domain: Domain, robot: Robot) -> MakeService:
    """Offers the robot; keyword arguments replace the documents' example."""

    def make(**changes: Any) -> Service:
        given: dict[str, Any] = {
            "domain_id": domain.pk,
            "robot_id": robot.pk,
            "title": "Fechamento",
            "form_schema_json": FORM,
            "run_template_json": TEMPLATE,
        }
        return service_create(actor=actor(owner), **(given | changes), now=timezone.now())

    return make


@pytest.fixture
def service(make_service: MakeService, version: RobotVersion) -> Service:
    return make_service()


@pytest.fixture
def browser(organization: Organization) -> Browser:
    """A browser of somebody signed in (None: of nobody), on the organization's own host."""

    def opened(user: User | None) -> Client:
        client = Client(SERVER_NAME=f"{organization.slug}.localhost")
        if user is None:
            return client
        client.force_login(user, backend=PATH)
        return client

    return opened
