"""A served application and a run to watch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from apps.robots.tests.factories import robot_made, run_made, version_made
from apps.robots.tests.live.server import serving
from apps.robots.tests.live.stage import Stage
from apps.tenants.context import owner_context, tenant_context
from apps.tenants.models import Organization
from conftest import bearer, make_user


@pytest.fixture(scope="session")
def address(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Where the application is served for the tests of this session."""
    with serving() as found:
        yield found
    # The server's threads keep their connections; the database could not be dropped.
    with django_db_blocker.unblock(), owner_context(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = session_user"
        )


@pytest.fixture
def stage(address: str, live_organization: Organization, settings: Any) -> Stage:
    """A waiting run that a viewer may watch; rights are looked at again three times a second."""
    settings.ENV = settings.ENV.model_copy(update={"viewer_recheck_seconds": 0.3, "viewer_stall_seconds": 1.0})
    with tenant_context(live_organization):
        robot = robot_made(live_organization.schema_name)
        version_made(live_organization.schema_name, robot)
        run = run_made(live_organization.schema_name, robot)
        viewer = make_user("viewer@live.example", "viewer")
    return Stage(address, live_organization, run, viewer, bearer(viewer, live_organization))
