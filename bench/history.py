"""Runs of the past, many of them, written as the engine leaves them."""

from __future__ import annotations

from typing import Any

from django.db import connection

from apps.executions.models import Execution, Status
from apps.robots.models import Robot, RobotVersion, Run, TriggerType
from apps.tenants.context import owner_context, require_tenant

# Ids as uuid7() makes them: the first 48 bits count milliseconds.
_HISTORY = f"""
    WITH moment AS (
        SELECT now() - number * interval '20 s' AS at FROM generate_series(1, %(number)s) AS number
    ), past AS (
        INSERT INTO {Execution._meta.db_table} (
            id, created_at, kind, status, queue, priority, requested_by_label, trace_id, attempt, max_attempts,
            retry_backoff_seconds, false_starts, timeout_seconds, worker, process_id, process_started_at,
            progress_message, exit_code, error_message, last_seq, log_truncated, queued_at, started_at, finished_at)
        SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
                || substr(md5(at::text), 1, 3) || '8' || substr(md5(at::text), 4, 15))::uuid,
            at, 'robot', %(status)s, 'robots.default', 0, 'owner@bench.example', 'bench', 1, 1,
            0, 0, 3600, 'celery@bench/1', 4711, at, '', 0, '', 3, false, at, at + interval '5 ms', at + interval '2 s'
        FROM moment RETURNING id, created_at
    )
    INSERT INTO {Run._meta.db_table} (
        id, created_at, execution_id, robot_id, version_id, trigger_type, arguments, environment, parameters,
        service_title, is_canary)
    SELECT id, created_at, id, %(robot)s, %(version)s, %(trigger)s, '["--month", "2024-05"]', '{{}}',
        '{{"customer": 17, "dry_run": false}}', '', false
    FROM past
"""


def history(robot: Robot, number: int) -> None:
    """Writes so many finished runs of a robot, 20 s apart, in the current organization."""
    version = RobotVersion.objects.filter(robot=robot).get()
    values: dict[str, Any] = {
        "number": number,
        "status": Status.COMPLETED,
        "robot": robot.pk,
        "version": version.pk,
        "trigger": TriggerType.API,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, values)
    with owner_context(require_tenant()), connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Execution._meta.db_table}, {Run._meta.db_table}")
