"""Runs as lists of the API show them, written by PostgreSQL: objects and serializers would cost several times as much.

``RunOutput`` says the same of one run; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db.models import BooleanField, QuerySet, TextField
from django.db.models.expressions import RawSQL

from apps.executions.models import Execution, Status
from apps.executions.selectors import queue_positions
from apps.robots.models import Run
from apps.robots.selectors.runs import WORDS
from apps.tenants.context import wrapper


class RunRow(NamedTuple):
    """A run as PostgreSQL writes it, and what decides about its place in a queue."""

    id: UUID
    execution_id: UUID
    waits: bool
    written: str


def run_rows(runs: QuerySet[Run]) -> QuerySet[Run, Any]:
    """Of these runs nothing but what :func:`runs_written` reads, and what orders them."""
    waits = RawSQL(_WAITS, (), output_field=BooleanField())  # noqa: S611  # nothing of a request in it
    written = RawSQL(_WRITTEN, (), output_field=TextField())  # noqa: S611  # same
    return runs.annotate(waits=waits, written=written).values_list(*RunRow._fields, named=True)


def runs_read(rows: QuerySet[Run, Any]) -> Sequence[RunRow]:
    """The rows that :func:`run_rows` asks for; by a plan that is kept, where it fits whatever the values are."""
    narrowed = (getattr(getattr(condition, "lhs", None), "target", None) for condition in rows.query.where.children)
    if not all(column is Run._meta.pk for column in narrowed):  # by more than a cursor or a page
        return list(rows)
    return [RunRow(*row) for row in wrapper().ask(*rows.query.sql_with_params())]


def runs_after(runs: QuerySet[Run], place: UUID, number: int) -> Sequence[RunRow] | None:
    """The next runs behind one of a list of all runs, by a query that is written out; None where a filter narrows it.

    Making that query was a third of what Python did for such a list, and it is the same for all of them.
    """
    way = _WAYS.get(tuple(runs.query.order_by))
    if way is None or runs.query.where:
        return None
    return [RunRow._make(row) for row in wrapper().ask(_next(*way, number), (place,))]


def runs_written(rows: Sequence[Any]) -> list[str]:
    """The JSON text of each run, its place in the queue included."""
    waiting = [Execution(pk=row.execution_id, status=Status.PENDING) for row in rows if row.waits]
    places = {pk: orjson.dumps(asdict(place)).decode() for pk, place in queue_positions(waiting).items()}
    queue = [places.get(row.execution_id, "null") if row.waits else "null" for row in rows]
    return [f'{row.written[:-1]},"queue":{place}}}' for row, place in zip(rows, queue, strict=True)]


def _moment(column: str) -> str:
    """A time as the API writes all of them: ISO 8601, in UTC, without a fraction where there is none."""
    text = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    return f"replace({text}, '.000000Z', 'Z')"


_STATUS: Final = " ".join(f"WHEN '{status.value}' THEN '{word}'" for status, word in WORDS.items())
_WAITS: Final = f"SELECT status = '{Status.PENDING.value}' FROM executions_execution WHERE id = robots_run.execution_id"
_OBJECT: Final = f"""
    json_build_object(
        'id', robots_run.id, 'run_id', robots_run.id, 'robot_id', robot.id, 'robot_name', robot.name,
        'robot_version', json_build_object('id', version.id, 'version', version.version, 'channel', version.channel,
            'artifact_sha256', version.artifact_sha256),
        'service', CASE WHEN robots_run.service_id IS NOT NULL
            THEN json_build_object('id', robots_run.service_id, 'title', robots_run.service_title) END,
        'parameters_json', robots_run.parameters, 'arguments', robots_run.arguments,
        'status', CASE execution.status {_STATUS} END,
        'queued_at', {_moment("execution.queued_at")}, 'started_at', {_moment("execution.started_at")},
        'finished_at', {_moment("execution.finished_at")},
        'duration_seconds', round(extract(epoch FROM execution.finished_at - execution.started_at), 3)::float,
        'triggered_by', execution.requested_by_label, 'trigger_type', robots_run.trigger_type,
        'attempt', execution.attempt, 'max_attempts', execution.max_attempts, 'priority', execution.priority,
        'timeout_seconds', execution.timeout_seconds, 'error_message', execution.error_message,
        'host_name', split_part(split_part(execution.worker, '@', -1), '/', 1),
        'process_id', execution.process_id, 'exit_code', execution.exit_code,
        'progress', json_build_object('done', execution.progress_done, 'total', execution.progress_total,
            'message', execution.progress_message),
        'last_seq', execution.last_seq, 'is_canary', robots_run.is_canary, 'retry_of', robots_run.retry_of_id,
        'schedule_id', robots_run.schedule_id,
        'artifacts', ARRAY(
            SELECT json_build_object(
                'id', artifact.id, 'name', artifact.name, 'content_type', artifact.content_type,
                'size', artifact.size, 'sha256', artifact.sha256, 'created_at', {_moment("artifact.created_at")},
                'download_url', concat('/api/v1/runs/', robots_run.id, '/artifacts/', artifact.id, '/download'))
            FROM executions_artifact artifact WHERE artifact.execution_id = execution.id ORDER BY artifact.name)
        )::text
"""  # of names and words of our own
_WRITTEN: Final = f"""
    SELECT {_OBJECT}
    FROM executions_execution execution, robots_robot robot, robots_robotversion version
    WHERE execution.id = robots_run.execution_id AND robot.id = robots_run.robot_id
        AND version.id = robots_run.version_id
"""
_WAYS: Final[Mapping[tuple[Any, ...], tuple[str, str]]] = {("-id",): ("<", "DESC"), ("id",): (">", "ASC")}


def _next(beyond: str, way: str, number: int) -> str:
    """The statement of :func:`runs_after`. Its limit is no parameter: PostgreSQL would plan for a tenth of all runs."""
    return f"""
        SELECT robots_run.id, robots_run.execution_id, execution.status = '{Status.PENDING.value}', {_OBJECT}
        FROM (SELECT * FROM robots_run WHERE id {beyond} %s ORDER BY id {way} LIMIT {number:d}) robots_run
        JOIN executions_execution execution ON execution.id = robots_run.execution_id
        JOIN robots_robot robot ON robot.id = robots_run.robot_id
        JOIN robots_robotversion version ON version.id = robots_run.version_id
        ORDER BY robots_run.id {way}
    """  # of words of our own and a number
