"""What a worker has to know of a run, read on the way of every start."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.robots.models import RobotVersion, Run
from apps.tenants.rows import Rows

_RUNS, _VERSIONS = Rows(Run), Rows(RobotVersion)
_FIND = f"""
    SELECT {_RUNS.columns("run")}, {_VERSIONS.columns("version")}
    FROM {Run._meta.db_table} run JOIN {RobotVersion._meta.db_table} version ON version.id = run.version_id
    WHERE run.id = %s
"""


def run_with_version(run_id: UUID) -> Run | None:
    """The run and the version that it runs; None when it is gone. No actor: workers serve everybody."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [run_id])
        row = cursor.fetchone()
    if row is None:
        return None
    run = _RUNS.made(row[: _RUNS.width])
    run.version = _VERSIONS.made(row[_RUNS.width :])
    return run
