"""The log of an execution: lines numbered from 1, stored in chunks, each at most once and none left out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from apps.common.ids import uuid7
from apps.executions import metrics
from apps.executions.errors import LeaseLost
from apps.executions.lease import Lease
from apps.executions.models import Execution, LogChunk, Status
from apps.executions.services.persistence import while_held
from apps.executions.wakeups import execution_group, wake_log
from apps.tenants.context import wrapper

GAP_REASON_LENGTH = 80
# One statement: the execution's row says whether the token holds and what the last line was, and lets the chunk in.
_APPEND = f"""
    WITH held AS (
        UPDATE {Execution._meta.db_table}
        SET last_seq = %(last)s, log_truncated = log_truncated OR %(gap_reason)s <> ''
        WHERE id = %(execution)s AND token = %(token)s AND status = '{Status.RUNNING}' AND last_seq = %(first)s - 1
        RETURNING id
    )
    INSERT INTO {LogChunk._meta.db_table} (id, created_at, execution_id, first_seq, last_seq, lines, gap_reason)
    SELECT %(id)s, %(now)s, held.id, %(first)s, %(last)s, %(lines)s::jsonb, %(gap_reason)s FROM held
    RETURNING true
"""


class LogLine(NamedTuple):
    """One line; ``level`` and ``stream`` are the kind's words (INFO, ERROR …; stdout, stderr)."""

    timestamp: datetime
    level: str
    stream: str
    message: str


def log_append(lease: Lease, lines: Sequence[LogLine], *, now: datetime) -> int:
    """Stores lines behind those stored so far, and wakes who watches; returns the number of the last one.

    All of them or none: one statement checks the token and the number of the line before. Raises ``LeaseLost``.
    """
    if not lines:
        return lease.last_seq
    stored = [[line.timestamp.isoformat(), line.level, line.stream, _storable(line.message)] for line in lines]
    _append(lease, count=len(stored), lines=orjson.dumps(stored).decode(), gap_reason="", now=now)
    metrics.LOG_LINES.add(len(stored))
    first = lease.last_seq - len(stored) + 1
    wake_log(execution_group(lease.execution_id), first_seq=first, last_seq=lease.last_seq, lines=stored)
    return lease.last_seq


def log_gap(lease: Lease, *, count: int, reason: str, now: datetime) -> int:
    """Marks that ``count`` lines were not kept, and why; returns the number of the last of them.

    Raises ``LeaseLost``.
    """
    if count < 1 or not reason:
        raise ValueError("a gap has lines and a reason")
    first = lease.last_seq + 1
    _append(lease, count=count, lines="[]", gap_reason=reason[:GAP_REASON_LENGTH], now=now)
    wake_log(execution_group(lease.execution_id), first_seq=first, last_seq=lease.last_seq, lines=[])
    return lease.last_seq


def _storable(message: str) -> str:
    """PostgreSQL knows no NUL, and UTF-8 no lone surrogate."""
    clean = message.replace("\x00", "")
    return clean if clean.isascii() else clean.encode("utf-8", "replace").decode("utf-8")


def _append(lease: Lease, *, count: int, lines: str, gap_reason: str, now: datetime) -> None:
    last = lease.last_seq + count
    parameters: dict[str, UUID | datetime | int | str] = {
        "id": uuid7(),
        "now": now,
        "execution": lease.execution_id,
        "token": lease.token,
        "first": lease.last_seq + 1,
        "last": last,
        "lines": lines,
        "gap_reason": gap_reason,
    }

    if not while_held(lease, lambda: wrapper().ask(_APPEND, parameters)) and not _stored_before(lease, last):
        raise LeaseLost
    lease.last_seq = last


def _stored_before(lease: Lease, last: int) -> bool:
    """Whether this very chunk is there already: the answer to an earlier try of ours was lost on the way."""
    return Execution.objects.filter(
        pk=lease.execution_id, token=lease.token, status=Status.RUNNING, last_seq=last
    ).exists()
