"""The engine's own moves: started, finished, tried again, given back, lost. Each is one transaction with the ticket.

No door calls these. Tickets are locked before executions, here and everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.common.actor import Actor
from apps.dispatch.services.claims import Claimed
from apps.dispatch.services.leases import Expired
from apps.dispatch.services.tickets import ticket_drop, ticket_lock, ticket_requeue, tickets_finish
from apps.executions import metrics
from apps.executions.errors import LeaseLost
from apps.executions.lease import Lease, Outcome
from apps.executions.models import TERMINAL, Execution, Status
from apps.executions.registry import kind_of
from apps.executions.services.persistence import while_held
from apps.executions.wakeups import execution_group, wake_changed
from apps.tenants.context import wrapper
from apps.tenants.rows import Rows

MAXIMUM_FALSE_STARTS = 10
MAXIMUM_BACKOFF_SECONDS = 3600
_EXECUTIONS = Execution._meta.db_table
_ROWS = Rows(Execution)
_START = f"""
    UPDATE {_EXECUTIONS} execution
    SET status = '{Status.RUNNING}', attempt = attempt + 1, token = claimed.token, worker = %s,
        started_at = greatest(%s, queued_at), process_id = NULL, process_started_at = NULL, exit_code = NULL,
        error_message = '', progress_done = NULL, progress_total = NULL, progress_message = ''
    FROM unnest(%s::uuid[], %s::uuid[]) AS claimed(id, token)
    WHERE execution.id = claimed.id AND execution.status = '{Status.PENDING}'
    RETURNING {_ROWS.columns("execution")}
"""
_FINISH = f"""
    UPDATE {_EXECUTIONS} execution
    SET status = outcome.status, exit_code = outcome.exit_code, error_message = outcome.error_message,
        finished_at = greatest(%s, started_at)
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::integer[], %s::text[])
        AS outcome(id, token, status, exit_code, error_message)
    WHERE execution.id = outcome.id AND execution.token = outcome.token AND execution.status = '{Status.RUNNING}'
    RETURNING {_ROWS.columns("execution")}
"""


def executions_start(*, claimed: Sequence[Claimed], worker: str, now: datetime) -> list[Lease]:
    """Starts claimed work of the current organization, in the transaction of the claim; returns its leases.

    A ticket whose execution is gone, or does not wait, is deleted. No actor: the workers serve everybody.
    """
    tokens = {ticket.execution_id: ticket.token for ticket in claimed}
    started = {
        execution.pk: execution for execution in _moved(_START, [worker, now, list(tokens), list(tokens.values())])
    }
    leases = []
    for ticket in claimed:
        execution = started.get(ticket.execution_id)
        if execution is None:
            ticket_drop(execution_id=ticket.execution_id)
            continue
        lease = _lease(execution, ticket)
        kind_of(lease.kind).changed(execution, event="started", actor=lease.actor, now=now)
        _announce(execution.pk)
        leases.append(lease)
    return leases


def _moved(statement: str, parameters: Sequence[Any]) -> list[Execution]:
    return [_ROWS.made(row) for row in wrapper().ask(statement, parameters)]


def _lease(execution: Execution, ticket: Claimed) -> Lease:
    return Lease(
        execution_id=execution.pk,
        schema=ticket.schema,
        token=ticket.token,
        attempt=execution.attempt,
        max_attempts=execution.max_attempts,
        kind=execution.kind,
        queue=execution.queue,
        timeout_seconds=execution.timeout_seconds,
        worker=execution.worker,
        trace_id=execution.trace_id,
        last_seq=execution.last_seq,
        waited_seconds=ticket.waited_seconds,
    )


def execution_finish(lease: Lease, outcome: Outcome, *, now: datetime) -> Status:
    """Ends an attempt; a retryable failure with attempts left makes the execution wait again. Returns what it is now.

    Raises ``LeaseLost`` when the token is not valid any more; nothing is written then.
    """
    if outcome.status == Status.FAILED and outcome.retryable and lease.attempt < lease.max_attempts:
        return while_held(lease, lambda: _retried(lease, outcome, now))
    if lease.execution_id not in executions_finish(outcomes={lease: outcome}, now=now):
        raise LeaseLost
    return outcome.status


def executions_finish(*, outcomes: Mapping[Lease, Outcome], now: datetime) -> set[UUID]:
    """Ends attempts of the current organization for good; returns the ids whose leases still held.

    No actor: the holders of the leases finish.
    """
    lease = next(iter(outcomes))
    return while_held(lease, lambda: _finished(outcomes, now))


def _finished(outcomes: Mapping[Lease, Outcome], now: datetime) -> set[UUID]:
    with transaction.atomic():
        held = tickets_finish(tokens={lease.execution_id: lease.token for lease in outcomes})
        ending = {lease: outcome for lease, outcome in outcomes.items() if lease.execution_id in held}
        parameters: list[Any] = [
            now,
            [lease.execution_id for lease in ending],
            [lease.token for lease in ending],
            [str(outcome.status) for outcome in ending.values()],
            [outcome.exit_code for outcome in ending.values()],
            [outcome.error_message.replace("\x00", "") for outcome in ending.values()],
        ]
        actors = {lease.execution_id: lease.actor for lease in ending}
        for execution in _moved(_FINISH, parameters) if ending else ():
            ended(execution)
            kind_of(execution.kind).changed(execution, event=execution.status, actor=actors[execution.pk], now=now)
            _announce(execution.pk)
    return held | _finished_before({lease.execution_id: lease.token for lease in outcomes.keys() - ending.keys()})


def _finished_before(tokens: Mapping[UUID, UUID]) -> set[UUID]:
    """Of these the ones that ended under their token: the answer to an earlier try of ours was lost on the way."""
    if not tokens:
        return set()
    found = Execution.objects.filter(pk__in=tokens, status__in=TERMINAL).values_list("pk", "token")
    return {pk for pk, token in found if token == tokens[pk]}


def _retried(lease: Lease, outcome: Outcome, now: datetime) -> Status:
    with transaction.atomic():
        ticket = ticket_lock(execution_id=lease.execution_id)
        if ticket is None or ticket.token != lease.token:
            raise LeaseLost
        execution = Execution.objects.get(pk=lease.execution_id)
        if ticket.cancel_requested:
            _end(execution, Status.CANCELLED, actor=lease.actor, now=now)
        else:
            execution.exit_code, execution.error_message = outcome.exit_code, outcome.error_message.replace("\x00", "")
            _wait_again(execution, "retried", delay_seconds=backoff_seconds(execution), actor=lease.actor, now=now)
    return Status(execution.status)


def backoff_seconds(execution: Execution) -> float:
    """How long the next attempt waits: the execution's backoff, doubled with each attempt, an hour at most.

    No actor: it only computes.
    """
    return float(min(execution.retry_backoff_seconds * 2 ** max(execution.attempt - 1, 0), MAXIMUM_BACKOFF_SECONDS))


def execution_recover(expired: Expired, *, now: datetime) -> None:
    """Decides about an execution whose worker fell silent, in the transaction that holds its ticket.

    Asked to stop: cancelled. Process never started: waits again, at no cost. Attempts left: waits for the next one.
    Else lost, with the last line that was seen. The old token is void in each case.

    No actor: workers watch each other.
    """
    execution = Execution.objects.select_for_update().filter(pk=expired.execution_id).first()
    if execution is None or execution.token != expired.token or execution.status != Status.RUNNING:
        ticket_drop(execution_id=expired.execution_id)
        return
    metrics.LEASES_LOST.add()
    actor = Actor.system("reaper", schema=expired.schema, trace_id=execution.trace_id)
    _taken_away(execution, cancel_requested=expired.cancel_requested, actor=actor, now=now)


def execution_release(lease: Lease, *, now: datetime) -> None:
    """Gives an execution back that this worker cannot bring to an end, by the rules of :func:`execution_recover`.

    Does nothing when the lease is gone already.
    """
    with transaction.atomic():
        ticket = ticket_lock(execution_id=lease.execution_id)
        if ticket is not None and ticket.token == lease.token:
            execution = Execution.objects.select_for_update().get(pk=lease.execution_id)
            _taken_away(execution, cancel_requested=ticket.cancel_requested, actor=lease.actor, now=now)


def _taken_away(execution: Execution, *, cancel_requested: bool, actor: Actor, now: datetime) -> None:
    if cancel_requested:
        _end(execution, Status.CANCELLED, actor=actor, now=now)
    elif execution.process_started_at is None and execution.false_starts < MAXIMUM_FALSE_STARTS:
        execution.attempt -= 1
        execution.false_starts += 1
        _wait_again(execution, "requeued", delay_seconds=0, actor=actor, now=now)
    elif execution.process_started_at is not None and execution.attempt < execution.max_attempts:
        execution.error_message = _last_seen(execution)
        _wait_again(execution, "retried", delay_seconds=backoff_seconds(execution), actor=actor, now=now)
    else:
        execution.error_message = _last_seen(execution)
        _end(execution, Status.LOST, actor=actor, now=now)


def _last_seen(execution: Execution) -> str:
    return f"last seen at line {execution.last_seq}"


def _wait_again(execution: Execution, event: str, *, delay_seconds: float, actor: Actor, now: datetime) -> None:
    execution.status, execution.token, execution.worker = Status.PENDING, None, ""
    execution.save(update_fields=["status", "token", "worker", "attempt", "false_starts", "exit_code", "error_message"])
    ticket_requeue(execution_id=execution.pk, delay_seconds=delay_seconds)
    kind_of(execution.kind).changed(execution, event=event, actor=actor, now=now)
    _announce(execution.pk)


def _end(execution: Execution, status: Status, *, actor: Actor, now: datetime) -> None:
    execution.status, execution.token = status, None
    execution.finished_at = max(now, execution.started_at or now)
    execution.save(update_fields=["status", "token", "finished_at", "error_message"])
    ticket_drop(execution_id=execution.pk)
    ended(execution)
    kind_of(execution.kind).changed(execution, event=status, actor=actor, now=now)
    _announce(execution.pk)


def ended(execution: Execution) -> None:
    """Counts an end, once it has committed. No actor: it counts."""
    began, finished = execution.started_at, execution.finished_at
    seconds = (finished - began).total_seconds() if began and finished else None

    def count() -> None:
        metrics.RUNS.add(status=execution.status)
        if seconds is not None:
            metrics.RUN_SECONDS.observe(seconds)

    transaction.on_commit(count)


def _announce(execution_id: UUID) -> None:
    group = execution_group(execution_id)
    transaction.on_commit(lambda: wake_changed(group))
