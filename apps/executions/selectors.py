"""Reading executions, their logs, their place in the queue, and how long they are kept.

Of executions, rights are asked by the app whose work it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, Count, F, Func, IntegerField, Max, Min, QuerySet, Sum, TextField, Window
from django.db.models.functions import Cast
from django.utils.translation import gettext

from apps.accounts.permissions import require, require_member
from apps.common.actor import Actor
from apps.dispatch.models import Ticket
from apps.executions.models import Artifact, Execution, LogChunk, Retention, Status
from apps.tenants.context import require_tenant, tenant_context

MAXIMUM_LINES = 5_000
MAXIMUM_BYTES = 4 * 1024**2
"""Of the lines read at once, as JSON: a line may have 16 KiB, and 5,000 of them would be too much for one answer."""
CHUNKS_AT_ONCE = 50
RECENT, LOOKED_AT = 20, 500
COUNTED_AHEAD = 10_000
GAP_REASON = "retention"
"""Stands in the place of a log that was kept long enough."""
_TICKETS, _EXECUTIONS = Ticket._meta.db_table, Execution._meta.db_table
_PLACES = f"""
    WITH mine AS MATERIALIZED (
        SELECT id, queue, schema_name FROM {_TICKETS} WHERE id = ANY(%(ids)s::uuid[]) AND token IS NULL
    ), ended AS MATERIALIZED (
        SELECT queue, finished_at, finished_at - started_at AS took FROM {_EXECUTIONS}
        WHERE finished_at IS NOT NULL AND started_at IS NOT NULL ORDER BY finished_at DESC LIMIT {LOOKED_AT}
    ), line AS MATERIALIZED (
        SELECT queue, schema_name, (
            SELECT count(*) FROM {_TICKETS} busy
            WHERE busy.token IS NOT NULL AND busy.queue = one.queue AND busy.schema_name = one.schema_name
        ) AS running, (
            SELECT extract(epoch FROM avg(took)) FROM (
                SELECT took FROM ended WHERE ended.queue = one.queue ORDER BY finished_at DESC LIMIT {RECENT}
            ) recent
        ) AS seconds
        FROM (SELECT DISTINCT queue, schema_name FROM mine) one
    ), place AS MATERIALIZED (
        SELECT waiting.id, waiting.number FROM line CROSS JOIN LATERAL (
            SELECT id, row_number() OVER (ORDER BY priority DESC, available_at, id) AS number FROM {_TICKETS} other
            WHERE other.token IS NULL AND other.queue = line.queue AND other.schema_name = line.schema_name
            ORDER BY priority DESC, available_at, id LIMIT {COUNTED_AHEAD}
        ) waiting WHERE waiting.id = ANY(%(ids)s::uuid[])
    )
    SELECT mine.id, coalesce(place.number, {COUNTED_AHEAD + 1}), line.running, line.seconds
    FROM mine JOIN line USING (queue, schema_name) LEFT JOIN place ON place.id = mine.id
"""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One stored line, with its number."""

    seq: int
    timestamp: str
    level: str
    stream: str
    message: str


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """Place in the organization's own line (1 is next), and a guess when its turn comes; None without experience."""

    position: int
    eta_seconds: int | None


@dataclass(frozen=True, slots=True)
class WouldGo:
    """So many of one kind, the bytes they take, and when the executions they are of ended."""

    count: int
    bytes: int
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class RetentionPreview:
    """What is older than kept at one moment: runs, their logs, their artifacts, each counted for itself."""

    at: datetime
    runs: WouldGo
    logs: WouldGo
    artifacts: WouldGo


def log_chunks(*, execution_id: UUID, after: int = 0, limit: int = CHUNKS_AT_ONCE) -> list[LogChunk]:
    """Up to ``limit`` chunks that hold lines behind number ``after``, in order; the first may begin before it."""
    return list(_behind(execution_id, after)[:limit])


def _behind(execution_id: UUID, after: int) -> QuerySet[LogChunk]:
    chunks = LogChunk.objects.filter(execution_id=execution_id)
    start = chunks.filter(first_seq__lte=after + 1).aggregate(start=Max("first_seq"))["start"]
    return chunks.filter(first_seq__gte=start or 0, last_seq__gt=after).order_by("first_seq")


def log_entries(chunk: LogChunk, *, after: int = 0) -> list[LogEntry]:
    """The lines of a chunk behind number ``after``; none for a gap."""
    skip = max(after + 1 - chunk.first_seq, 0)
    return [LogEntry(chunk.first_seq + skip + index, *line) for index, line in enumerate(chunk.lines[skip:])]


def log_lines(*, execution: Execution, after: int = 0, limit: int = MAXIMUM_LINES) -> list[LogEntry]:
    """Up to ``limit`` (5,000 at most) stored lines behind number ``after``, in order; fewer where they are long.

    None only when there are no more.
    """
    limit = min(limit, MAXIMUM_LINES)
    entries: list[LogEntry] = []
    room = MAXIMUM_BYTES
    while len(entries) < limit and room > 0:
        # Lines are numbered without holes, so numbers bound what is read, however small or large the chunks are.
        chunks = list(_first_bytes(_behind(execution.pk, after).filter(first_seq__lte=after + limit), room))
        if not chunks:
            break
        entries += [entry for chunk in chunks for entry in log_entries(chunk, after=after)]
        after = chunks[-1].last_seq
        room -= chunks[-1].together
    return entries[:limit]


def _first_bytes(chunks: QuerySet[LogChunk], most: int) -> QuerySet[LogChunk, Any]:
    """Those that begin within the first ``most`` bytes; ``together`` is what there is up to the end of each."""
    size = Func(Cast("lines", TextField()), function="octet_length", output_field=BigIntegerField())
    counted = chunks.annotate(size=size).annotate(together=Window(Sum("size"), order_by="first_seq"))
    return counted.filter(together__lt=F("size") + most)


def log_text(*, execution: Execution) -> Iterator[str]:
    """The whole log as text, piece by piece; what was cut out is marked by a line of its own.

    May be read after the request's context has ended: each piece enters the organization again.
    """
    return _text(require_tenant(), execution.pk)


def _text(schema: str, execution_id: UUID) -> Iterator[str]:
    after = 0
    while True:
        with tenant_context(schema):
            chunks = log_chunks(execution_id=execution_id, after=after)
        if not chunks:
            return
        yield "".join(map(_chunk_text, chunks))
        after = chunks[-1].last_seq


def _chunk_text(chunk: LogChunk) -> str:
    if chunk.gap_reason:
        words = gettext("[%(count)d lines were not kept: %(reason)s]")
        return words % {"count": chunk.last_seq - chunk.first_seq + 1, "reason": chunk.gap_reason} + "\n"
    return "".join(f"{line[3]}\n" for line in chunk.lines)


def queue_positions(executions: Sequence[Execution]) -> dict[UUID, QueuePosition]:
    """The places of those that wait, in one question to the database whatever their number.

    A place is counted up to 10,001. The guess takes the mean duration of the last 20 executions in the queue, as far as
    they are among the organization's last 500, and that as many go on running side by side as run now.
    """
    waiting = [execution.pk for execution in executions if execution.status == Status.PENDING]
    if not waiting:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, {"ids": waiting})
        rows: list[tuple[UUID, int, int, Decimal | None]] = cursor.fetchall()
    return {pk: QueuePosition(place, _guess(place, running, seconds)) for pk, place, running, seconds in rows}


def queue_position(execution: Execution) -> QueuePosition | None:
    """The place of one waiting execution; None when it does not wait."""
    return queue_positions([execution]).get(execution.pk)


def _guess(position: int, running: int, seconds: Decimal | None) -> int | None:
    return None if seconds is None else round(float(seconds) * position / max(running, 1))


def retention_current() -> Retention:
    """How long the current organization keeps things: what it has set, else RETENTION_DAYS."""
    return Retention.objects.first() or Retention()


def retention_get(*, actor: Actor) -> Retention:
    """How long things are kept, for all people of the organization. Raises ``Unauthorized``."""
    require_member(actor)
    return retention_current()


def retention_preview(*, actor: Actor, now: datetime) -> RetentionPreview:
    """What pruning would remove now, as things are kept now [settings.manage]. Nothing is written.

    Bytes are those in the database, compressed as they lie there, and of artifacts those in storage.
    """
    require(actor, "settings.manage")
    keep = retention_current()
    runs = Execution.objects.filter(finished_at__lt=now - timedelta(days=keep.runs_days))
    logs = LogChunk.objects.filter(execution__finished_at__lt=now - timedelta(days=keep.logs_days))
    artifacts = Artifact.objects.filter(execution__finished_at__lt=now - timedelta(days=keep.artifacts_days))
    row = Func(F("pk"), template=f"pg_column_size({Execution._meta.db_table}.*)", output_field=IntegerField())
    lines = Func(F("lines"), function="pg_column_size", output_field=IntegerField())
    return RetentionPreview(
        at=now,
        runs=_would_go(runs, Count("pk"), Sum(row), "finished_at"),
        logs=_would_go(logs.exclude(gap_reason=GAP_REASON), Count("execution", distinct=True), Sum(lines)),
        artifacts=_would_go(artifacts, Count("pk"), Sum("size")),
    )


def _would_go(rows: QuerySet[Any], count: Count, size: Sum, ended: str = "execution__finished_at") -> WouldGo:
    found = rows.order_by().aggregate(count=count, size=size, oldest=Min(ended), newest=Max(ended))
    return WouldGo(found["count"], found["size"] or 0, found["oldest"], found["newest"])
