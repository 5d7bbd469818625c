"""A list of runs as PostgreSQL itself can make it: one statement, JSON out, nothing else."""

from __future__ import annotations

from typing import Any

import psycopg

_ROWS = """
    SELECT json_agg(run_json ORDER BY id DESC) FROM (
        SELECT run.id, json_build_object(
            'id', run.id, 'run_id', run.id, 'robot_id', run.robot_id, 'robot_name', robot.name,
            'robot_version', json_build_object('id', version.id, 'version', version.version, 'channel', version.channel,
                'artifact_sha256', version.artifact_sha256),
            'service', CASE WHEN run.service_id IS NOT NULL
                THEN json_build_object('id', run.service_id, 'title', run.service_title) END,
            'parameters_json', run.parameters, 'arguments', run.arguments,
            'status', CASE execution.status WHEN 'completed' THEN 'SUCCESS' WHEN 'cancelled' THEN 'CANCELED'
                ELSE upper(execution.status) END,
            'queued_at', {queued_at}, 'started_at', {started_at}, 'finished_at', {finished_at},
            'duration_seconds',
                round(extract(epoch FROM execution.finished_at - execution.started_at), 3)::float,
            'triggered_by', execution.requested_by_label, 'trigger_type', run.trigger_type,
            'attempt', execution.attempt, 'max_attempts', execution.max_attempts, 'priority', execution.priority,
            'timeout_seconds', execution.timeout_seconds, 'error_message', execution.error_message,
            'host_name', split_part(split_part(execution.worker, '@', 2), '/', 1),
            'process_id', execution.process_id, 'exit_code', execution.exit_code,
            'progress', json_build_object('done', execution.progress_done, 'total', execution.progress_total,
                'message', execution.progress_message),
            'last_seq', execution.last_seq, 'is_canary', run.is_canary, 'retry_of', run.retry_of_id,
            'schedule_id', run.schedule_id,
            'queue', NULL,  -- nothing waits in this history
            'artifacts', (SELECT coalesce(json_agg(json_build_object(
                    'id', artifact.id, 'name', artifact.name, 'content_type', artifact.content_type,
                    'size', artifact.size, 'sha256', artifact.sha256, 'created_at', {created_at},
                    'download_url', concat('/api/v1/runs/', run.id, '/artifacts/', artifact.id, '/download'))
                    ORDER BY artifact.name), '[]')
                FROM executions_artifact artifact WHERE artifact.execution_id = execution.id)) AS run_json
        FROM robots_run run
        JOIN robots_robot robot ON robot.id = run.robot_id
        JOIN robots_robotversion version ON version.id = run.version_id
        JOIN executions_execution execution ON execution.id = run.execution_id
        {after} ORDER BY run.id DESC LIMIT %(limit)s
    ) page
"""
_TOTAL = "SELECT count(*) FROM robots_run"


def _moment(column: str, table: str = "execution") -> str:
    return f"to_char({table}.{column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


def plain_answer(connection: psycopg.Connection[Any], *, limit: int, after: str | None = None) -> bytes:
    """The newest runs and how many there are; or those after one, and nothing counted."""
    moments = {column: _moment(column) for column in ("queued_at", "started_at", "finished_at")}
    moments["created_at"] = _moment("created_at", "artifact")
    rows = _ROWS.format(after="WHERE run.id < %(after)s" if after else "", **moments)
    total = f"({_TOTAL})" if after is None else "NULL::bigint"
    statement = f"SELECT json_build_object('runs', ({rows}), 'total', {total})::text"
    row = connection.execute(statement, {"limit": limit, "after": after}).fetchone()
    return str(row[0]).encode() if row else b""
