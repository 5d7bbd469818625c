"""What tests of robots share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from guardian.utils import get_user_obj_perms_model

from apps.accounts.models import User
from apps.robots.models import Robot, RobotVersion, Run, Schedule
from apps.robots.sandbox.available import sandbox_available
from apps.robots.sandbox.policy import SandboxMode
from apps.robots.services.schedules import schedule_create
from apps.robots.tests.factories import robot_made, run_made, system, version_made
from apps.robots.tests.running import Runner, runner
from apps.tenants.models import Organization
from tests.storages import bucket_storage, folder_storage, object_server

__all__ = ["bucket_storage", "folder_storage", "object_server"]


@pytest.fixture
def robot(organization: Organization) -> Robot:
    """A robot without versions."""
    return robot_made(organization.schema_name)


@pytest.fixture
def version(organization: Organization, robot: Robot) -> RobotVersion:
    """Version 1.0.0 of the robot, active."""
    return version_made(organization.schema_name, robot)


@pytest.fixture
def run(organization: Organization, robot: Robot, version: RobotVersion) -> Run:
    """A waiting run of the robot."""
    return run_made(organization.schema_name, robot)


@pytest.fixture
def schedule(organization: Organization, robot: Robot) -> Schedule:
    """Every working morning in São Paulo."""
    values = {"cron": "30 8 * * 1-5", "timezone": "America/Sao_Paulo", "name": "Every morning"}
    return schedule_create(actor=system(organization.schema_name), robot=robot, values=values, now=timezone.now())


@pytest.fixture
def grant(organization: Organization) -> Callable[[User, str, Robot], Any]:
    """Gives a user an explicit grant of one action on one robot."""
    granted: Any = get_user_obj_perms_model()
    return lambda user, action, robot: granted.objects.assign_perm(action, user, robot)


@pytest.fixture
def stored_files(organization: Organization) -> Callable[[], set[Path]]:
    """Lists what the organization has in storage."""
    root = Path(default_storage.path(organization.schema_name))
    return lambda: {path for path in root.rglob("*") if path.is_file()} if root.exists() else set()


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture
def sandboxed(state: Path) -> Runner:
    """Runs robots in bubblewrap, or skips where there is none."""
    found = sandbox_available(state)
    if not found.available:
        pytest.skip(f"no sandbox: {found.reason}")
    return runner(state)


@pytest.fixture
def unsandboxed(state: Path) -> Runner:
    return runner(state, SandboxMode.OFF)


@pytest.fixture
def prepared(sandboxed: Runner) -> Runner:
    """Runs robots in bubblewrap that was built beforehand."""
    return runner(sandboxed.policy.state, spares=1)


@pytest.fixture(params=["sandboxed", "prepared", "unsandboxed"])
def either(request: pytest.FixtureRequest) -> Runner:
    """Once in bubblewrap, once in one that stands ready, once without: all must keep the same promises."""
    found: Runner = request.getfixturevalue(request.param)
    return found
