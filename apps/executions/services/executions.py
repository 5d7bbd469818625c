"""Executions: accepted, cancelled, and what they tell of themselves while they run."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.common.actor import Actor
from apps.common.ids import uuid7
from apps.common.trace import current_trace_id
from apps.dispatch.metrics import flush
from apps.dispatch.services.tickets import (
    NoTransactionError,
    ticket_cancel_request,
    ticket_enqueue,
    ticket_lock,
    ticket_withdraw,
)
from apps.executions.errors import ExecutionFinished, LeaseLost
from apps.executions.lease import Lease
from apps.executions.models import Execution, Status
from apps.executions.registry import kind_of
from apps.executions.services.persistence import while_held
from apps.executions.services.transitions import ended
from apps.executions.wakeups import execution_group, wake_changed
from apps.tenants.context import wrapper
from apps.tenants.rows import Rows

_EXECUTIONS = Rows(Execution)
PROGRESS_MESSAGE_LENGTH = 500
_HELD = f"WHERE id = %(execution)s AND token = %(token)s AND status = '{Status.RUNNING}' RETURNING true"
_STARTED = f"""
    UPDATE {Execution._meta.db_table} SET process_id = %(process_id)s, process_started_at = %(now)s {_HELD}
"""
_PROGRESS = f"""
    UPDATE {Execution._meta.db_table}
    SET progress_done = %(done)s, progress_total = %(total)s, progress_message = %(message)s {_HELD}
"""


def execution_create(
    *,
    actor: Actor,
    kind: str,
    queue: str,
    timeout_seconds: int,
    priority: int = 0,
    max_attempts: int = 1,
    retry_backoff_seconds: int = 0,
    available_at: datetime | None = None,
    execution_id: UUID | None = None,
    now: datetime,
) -> Execution:
    """Accepts work: the execution and its ticket, in the caller's transaction; workers hear of it after commit.

    It starts at once, or from ``available_at`` on, in the fair order; a higher ``priority`` goes first within the
    organization. The caller's service has checked the right and writes the rows of its kind in the same transaction.
    Raises ``NoTransactionError`` outside one, for then one row could stand without the other.
    """
    if not connection.in_atomic_block:
        raise NoTransactionError
    execution = Execution(
        id=execution_id or uuid7(),
        created_at=now,
        kind=kind,
        queue=queue,
        priority=priority,
        requested_by_id=actor.user_id,
        requested_by_label=actor.label,
        trace_id=actor.trace_id or current_trace_id(),
        max_attempts=max_attempts,
        retry_backoff_seconds=retry_backoff_seconds,
        timeout_seconds=timeout_seconds,
        queued_at=now,
    )
    _EXECUTIONS.add(execution)
    ticket_enqueue(execution_id=execution.pk, kind=kind, queue=queue, priority=priority, available_at=available_at)
    return execution


def execution_cancel(*, actor: Actor, execution: Execution, now: datetime) -> None:
    """Cancels waiting work at once; asks the worker of running work to stop it. Refreshes ``execution``.

    The caller's service has checked the right. Twice does no harm. Raises ``ExecutionFinished`` when it ended in any
    other way.
    """
    with transaction.atomic():
        ticket = ticket_lock(execution_id=execution.pk)
        locked = Execution.objects.select_for_update().get(pk=execution.pk)
        if ticket is not None and ticket.token is None:
            ticket_withdraw(execution_id=locked.pk)
            locked.status, locked.finished_at, locked.cancel_requested_at = Status.CANCELLED, now, now
            locked.save(update_fields=["status", "finished_at", "cancel_requested_at"])
            ended(locked)
            transaction.on_commit(flush, robust=True)  # no heart of a worker does it here
            kind_of(locked.kind).changed(locked, event="cancelled", actor=actor, now=now)
        elif ticket is not None and locked.cancel_requested_at is None:
            ticket_cancel_request(execution_id=locked.pk)
            locked.cancel_requested_at = now
            locked.save(update_fields=["cancel_requested_at"])
        elif ticket is None and locked.status != Status.CANCELLED:
            raise ExecutionFinished
        group = execution_group(locked.pk)
        transaction.on_commit(lambda: wake_changed(group))
    execution.refresh_from_db(fields=["status", "finished_at", "cancel_requested_at", "token"])


def execution_process_started(lease: Lease, *, process_id: int, now: datetime) -> None:
    """Writes that the process of this attempt exists. From here on a worker that vanishes has used up the attempt.

    So call it before the process can do anything that must not happen twice. Raises ``LeaseLost``.
    """
    _write(lease, _STARTED, {"process_id": process_id, "now": now})


def execution_progress(lease: Lease, *, done: int | None, total: int | None, message: str = "", now: datetime) -> None:
    """Writes how far the work is; numbers in units of its own. Raises ``LeaseLost``."""
    message = message.replace("\x00", "")[:PROGRESS_MESSAGE_LENGTH]
    _write(lease, _PROGRESS, {"done": done, "total": total, "message": message})
    wake_changed(execution_group(lease.execution_id))


def _write(lease: Lease, statement: str, values: dict[str, Any]) -> None:
    given = {**values, "execution": lease.execution_id, "token": lease.token}
    if not while_held(lease, lambda: wrapper().ask(statement, given)):
        raise LeaseLost
