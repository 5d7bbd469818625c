"""What is read on the way of every run: the version that is due when it is accepted, run and version when it starts."""

from __future__ import annotations

from uuid import UUID

from apps.robots.models import Robot, RobotVersion, Run
from apps.tenants.context import wrapper
from apps.tenants.origin import check_instance
from apps.tenants.rows import Rows

_RUNS, _VERSIONS = Rows(Run), Rows(RobotVersion)
_FIND = f"""
    SELECT {_RUNS.columns("run")}, {_VERSIONS.columns("version")}
    FROM {Run._meta.db_table} run JOIN {RobotVersion._meta.db_table} version ON version.id = run.version_id
    WHERE run.id = %(run)s
"""
_ACTIVE = f"""
    SELECT {_VERSIONS.columns("version")} FROM {RobotVersion._meta.db_table} version
    WHERE version.robot_id = %(robot)s AND version.is_active
"""


def active_version(robot: Robot) -> RobotVersion | None:
    """The version that runs where none is named, if there is one. No actor: who runs it has asked for the right."""
    check_instance(robot)
    return next((_VERSIONS.made(row) for row in wrapper().ask(_ACTIVE, {"robot": robot.pk})), None)


def run_with_version(run_id: UUID) -> Run | None:
    """The run and the version that it runs; None when it is gone. No actor: workers serve everybody."""
    row = next(iter(wrapper().ask(_FIND, {"run": run_id})), None)
    if row is None:
        return None
    run = _RUNS.made(row[: _RUNS.width])
    run.version = _VERSIONS.made(row[_RUNS.width :])
    return run
