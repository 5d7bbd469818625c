"""What happens when two do it at the same instant: the database decides, nobody gets a 5xx."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.portal.models import Domain, Service, ServiceRevision
from apps.portal.tests.conftest import FORM, TEMPLATE
from apps.robots.models import Robot, RobotVersion, Run
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import bearer, make_user

Call = Callable[[str, str, dict[str, Any]], Any]


@pytest.fixture
def call(live_organization: Organization) -> Call:
    """One request of the organization's administrator, from any thread."""
    with tenant_context(live_organization):
        token = bearer(make_user("owner@live.example", "org_admin"), live_organization)

    def send(method: str, path: str, body: dict[str, Any]) -> Any:
        api = APIClient(SERVER_NAME="localhost", HTTP_AUTHORIZATION=f"Bearer {token}")
        return getattr(api, method)(f"/api/v1/{path}", body)

    return send


@pytest.fixture
def service_id(live_organization: Organization) -> str:
    with tenant_context(live_organization):
        domain = Domain.objects.create(name="Pessoal", slug="dp-rh")
        robot = Robot.objects.create(name="Folha")
        RobotVersion.objects.create(
            robot=robot,
            version="1.0.0",
            is_active=True,
            artifact_type="py",
            artifact_name="main.py",
            artifact_sha256="0" * 64,
            artifact_size=1,
        )
        service = Service(domain=domain, robot=robot, title="F", form_schema_json=FORM, run_template_json=TEMPLATE)
        service.save()
        return str(service.pk)


def at_once(functions: list[Callable[[], Any]]) -> list[int]:
    """Call all at the same instant; gives the status codes."""
    start = threading.Barrier(len(functions), timeout=30)

    def one(function: Callable[[], Any]) -> int:
        start.wait()
        try:
            return int(function().status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(functions)) as pool:
        return sorted(future.result(timeout=60) for future in [pool.submit(one, each) for each in functions])


def test_one_slug(live_organization: Organization, call: Call) -> None:
    bodies = [{"name": f"Compras {number}", "slug": "compras"} for number in range(4)]
    codes = at_once([lambda body=body: call("post", "domains", body) for body in bodies])  # type: ignore[misc]
    assert codes == [201, 400, 400, 400]


def test_saves_are_numbered_one_after_another(live_organization: Organization, call: Call, service_id: str) -> None:
    icons = [{"icon": str(number)} for number in range(4)]
    codes = at_once([lambda body=body: call("patch", f"services/{service_id}", body) for body in icons])  # type: ignore[misc]
    assert codes == [200] * 4
    with tenant_context(live_organization):
        assert Service.objects.get(pk=service_id).revision == 5
        assert sorted(ServiceRevision.objects.values_list("number", flat=True)) == [2, 3, 4, 5]


def test_a_run_and_a_delete(live_organization: Organization, call: Call, service_id: str) -> None:
    codes = at_once(
        [
            lambda: call("post", f"services/{service_id}/run", {"parameters": {"periodo": "2026-02"}}),
            lambda: call("delete", f"services/{service_id}", {}),
        ]
    )
    with tenant_context(live_organization):
        kept, runs = Service.objects.exists(), Run.objects.count()
    assert (codes, kept, runs) in [([202, 409], True, 1), ([204, 404], False, 0)]
