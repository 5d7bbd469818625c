"""Runs as lists of the API show them, written by PostgreSQL: objects and serializers would cost several times as much.

``RunOutput`` says the same of one run; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    F,
    FloatField,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)

from apps.executions.models import Artifact, Execution, Status
from apps.executions.selectors import queue_positions
from apps.robots.models import Run
from apps.robots.selectors.runs import WORDS

_MOMENT = """replace(to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')"""


def run_rows(runs: QuerySet[Run]) -> QuerySet[Run, Any]:
    """These runs with nothing but what :func:`runs_written` reads of them, and what orders them."""
    waits = Q(execution__status=Status.PENDING)
    return runs.select_related(None).only("id", "execution_id").annotate(waits=waits, written=_written())


def runs_written(rows: Sequence[Any]) -> list[str]:
    """The JSON text of each run, its place in the queue included."""
    waiting = [Execution(pk=row.execution_id, status=Status.PENDING) for row in rows if row.waits]
    places = {pk: orjson.dumps(asdict(place)).decode() for pk, place in queue_positions(waiting).items()}
    return [f'{row.written[:-1]},"queue":{places.get(row.execution_id, "null")}}}' for row in rows]


def _written() -> Func:
    text = _object(
        id="id",
        run_id="id",
        robot_id="robot_id",
        robot_name="robot__name",
        robot_version=_object(
            id="version_id",
            version="version__version",
            channel="version__channel",
            artifact_sha256="version__artifact_sha256",
        ),
        service=Case(When(service_id__isnull=False, then=_object(id="service_id", title="service_title"))),
        parameters_json="parameters",
        arguments="arguments",
        status=Case(*(When(execution__status=status, then=Value(word)) for status, word in WORDS.items())),
        queued_at=_moment("execution__queued_at"),
        started_at=_moment("execution__started_at"),
        finished_at=_moment("execution__finished_at"),
        duration_seconds=_duration(),
        triggered_by="execution__requested_by_label",
        trigger_type="trigger_type",
        attempt="execution__attempt",
        max_attempts="execution__max_attempts",
        priority="execution__priority",
        timeout_seconds="execution__timeout_seconds",
        error_message="execution__error_message",
        host_name=_part(_part(F("execution__worker"), "@", -1), "/", 1),
        process_id="execution__process_id",
        exit_code="execution__exit_code",
        progress=_object(
            done="execution__progress_done", total="execution__progress_total", message="execution__progress_message"
        ),
        last_seq="execution__last_seq",
        is_canary="is_canary",
        retry_of="retry_of_id",
        schedule_id="schedule_id",
        artifacts=_artifacts(),
    )
    return Func(text, template="(%(expressions)s)::text", output_field=TextField())


def _artifacts() -> ArraySubquery:
    url = Func(
        Value("/api/v1/runs/"),
        "execution_id",
        Value("/artifacts/"),
        "id",
        Value("/download"),
        function="concat",
        output_field=TextField(),
    )
    written = _object(
        id="id",
        name="name",
        content_type="content_type",
        size="size",
        sha256="sha256",
        created_at=_moment("created_at"),
        download_url=url,
    )
    of_the_run = Artifact.objects.filter(execution_id=OuterRef("execution_id")).order_by("name")
    return ArraySubquery(of_the_run.values(written=written))


def _object(**values: Any) -> Func:
    """A JSON object of columns, by their names, and of expressions."""
    pairs = [part for name, value in values.items() for part in (Value(name), value)]
    return Func(*pairs, function="json_build_object", output_field=JSONField())


def _moment(column: str) -> Func:
    """A time as the API writes all of them: ISO 8601, in UTC, without a fraction where there is none."""
    return Func(column, template=_MOMENT, output_field=TextField())


def _duration() -> Func:
    return Func(
        "execution__finished_at",
        "execution__started_at",
        template="round(extract(epoch FROM %(expressions)s), 3)::float",
        arg_joiner=" - ",
        output_field=FloatField(),
    )


def _part(text: Any, separator: str, number: int) -> Func:
    return Func(text, Value(separator), Value(number), function="split_part", output_field=CharField())
