"""Publishing and activating at the same instant."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from apps.robots.errors import VersionExists
from apps.robots.models import Robot, RobotVersion
from apps.robots.services.versions import version_activate
from apps.robots.tests.factories import robot_made, system, version_made
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization

AT_ONCE = 4


@pytest.fixture
def robot(live_organization: Organization) -> Robot:
    with tenant_context(live_organization):
        return robot_made(live_organization.schema_name)


def at_once(organization: Organization, work: Callable[[int], Any]) -> list[Any]:
    """Calls ``work`` in as many threads, all starting together; exceptions are results."""
    barrier = Barrier(AT_ONCE)

    def call(number: int) -> Any:
        try:
            barrier.wait(10)
            with tenant_context(organization):
                return work(number)
        except VersionExists as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(call, range(AT_ONCE)))


def test_it_works(live_organization: Organization, robot: Robot) -> None:
    """One of all who publish the same version gets it, and only its file is kept."""
    schema = live_organization.schema_name
    results = at_once(live_organization, lambda number: version_made(schema, robot, f"print({number})"))
    (won,) = (result for result in results if isinstance(result, RobotVersion))
    assert sum(isinstance(result, VersionExists) for result in results) == AT_ONCE - 1
    files = [path for path in Path(default_storage.path(schema)).rglob("*") if path.is_file()]
    assert [path.relative_to(default_storage.path(schema)).as_posix() for path in files] == [won.storage_name]


def test_activating_leaves_exactly_one_active(live_organization: Organization, robot: Robot) -> None:
    schema = live_organization.schema_name
    with tenant_context(live_organization):
        versions = [version_made(schema, robot, version=f"1.0.{number}", activate=False) for number in range(AT_ONCE)]

    def activate(number: int) -> None:
        for _time in range(5):
            version_activate(actor=system(schema), robot=robot, version=versions[number], now=timezone.now())

    at_once(live_organization, activate)
    with tenant_context(live_organization):
        active = RobotVersion.objects.filter(is_active=True)
        assert active.count() == 1
        assert active.get().release_tags == ["latest", "stable"]
        assert RobotVersion.objects.filter(release_tags__contains=["latest"]).count() == 1
