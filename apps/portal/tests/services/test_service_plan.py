"""A dry run: everything a run would be made from, and not one row written."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.common.errors import PermissionDenied
from apps.portal.errors import InvalidParameters, ServiceDisabled
from apps.portal.models import Service
from apps.portal.services.runs import service_plan
from apps.portal.tests.conftest import ActorOf
from apps.robots.errors import VersionNotFound
from apps.robots.models import RobotVersion


def test_it_works(teammate: User, actor: ActorOf, service: Service, version: RobotVersion) -> None:
    with CaptureQueriesContext(connection) as queries:
        plan = service_plan(actor=actor(teammate), service=service, parameters={"periodo": "2026-02"})

    assert plan.rendered.arguments == ["--periodo=2026-02", "--inativos=false"]
    assert plan.rendered.environment == {"SERVICE_DOMAIN": "dp-rh"}
    assert plan.inputs.arguments == ["--fixed", "--periodo=2026-02", "--inativos=false"]
    assert plan.inputs.environment == {"MODE": "prod", "SERVICE_DOMAIN": "dp-rh"}
    assert (plan.inputs.version, plan.parameters) == (version, {"periodo": "2026-02"})
    assert not [query["sql"] for query in queries if query["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}]


def test_bad_parameters(teammate: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(InvalidParameters):
        service_plan(actor=actor(teammate), service=service, parameters={"periodo": "fevereiro"})


def test_a_disabled_service(teammate: User, actor: ActorOf, service: Service) -> None:
    service.enabled = False
    with pytest.raises(ServiceDisabled):
        service_plan(actor=actor(teammate), service=service, parameters={"periodo": "2026-02"})


def test_no_active_version(teammate: User, actor: ActorOf, service: Service, version: RobotVersion) -> None:
    RobotVersion.objects.filter(pk=version.pk).update(is_active=False)
    with pytest.raises(VersionNotFound):
        service_plan(actor=actor(teammate), service=service, parameters={"periodo": "2026-02"})


def test_no_right(viewer: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(PermissionDenied):
        service_plan(actor=actor(viewer), service=service, parameters={"periodo": "2026-02"})
