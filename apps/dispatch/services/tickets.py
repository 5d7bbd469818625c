"""Tickets of one organization: enqueued with the work, withdrawn, asked to stop, given back, finished.

All of them run inside the organization and inside the caller's transaction, which also writes the execution. Whoever
touches both locks the ticket first: then no two of them can wait for each other.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from apps.dispatch.models import Ticket
from apps.dispatch.rings import ring
from apps.tenants.context import public_context, require_tenant, wrapper
from apps.tenants.models import Organization

_ENQUEUE = f"""
    INSERT INTO {Ticket._meta.db_table} (
        id, created_at, schema_name, kind, queue, priority, available_at, worker, cancel_requested
    )
    VALUES (
        %(id)s, statement_timestamp(), %(schema)s, %(kind)s, %(queue)s, %(priority)s,
        coalesce(%(available_at)s::timestamptz, statement_timestamp()), '', false
    )
    RETURNING true
"""
_FINISH = f"""
    DELETE FROM {Ticket._meta.db_table} ticket
    USING unnest(%s::uuid[], %s::uuid[]) AS held(id, token)
    WHERE ticket.id = held.id AND ticket.token = held.token
    RETURNING ticket.id
"""


class NoTransactionError(RuntimeError):
    """A ticket was to be written outside the transaction of the work it stands for."""


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise NoTransactionError


@dataclass(frozen=True, slots=True)
class LockedTicket:
    """A ticket as it stands, held by this transaction."""

    token: UUID | None
    cancel_requested: bool


def ticket_enqueue(*, execution_id: UUID, kind: str, queue: str, priority: int, available_at: datetime | None) -> None:
    """Puts work into a queue, from ``available_at`` on or at once, and rings for it after commit.

    No actor: the service that accepts the work has checked the right. Raises ``NoTransactionError``.
    """
    _require_transaction()
    ticket = {
        "id": execution_id,
        "schema": require_tenant(),
        "kind": kind,
        "queue": queue,
        "priority": priority,
        "available_at": available_at,
    }
    wrapper().ask(_ENQUEUE, ticket)
    transaction.on_commit(lambda: ring(queue))


def ticket_lock(*, execution_id: UUID) -> LockedTicket | None:
    """Holds a ticket until the transaction ends; None when the work is over. No actor: it changes nothing."""
    _require_transaction()
    row = Ticket.objects.select_for_update().filter(id=execution_id).values_list("token", "cancel_requested").first()
    return None if row is None else LockedTicket(*row)


def ticket_withdraw(*, execution_id: UUID) -> None:
    """Takes waiting work out of its queue. No actor: the service that cancels has checked the right."""
    _require_transaction()
    Ticket.objects.filter(id=execution_id, token=None).delete()


def ticket_cancel_request(*, execution_id: UUID) -> None:
    """Asks the worker that holds the ticket to stop. No actor: the service that cancels has checked the right."""
    _require_transaction()
    Ticket.objects.filter(id=execution_id).update(cancel_requested=True)


def ticket_requeue(*, execution_id: UUID, delay_seconds: float) -> None:
    """Takes the lease away and lets the work wait again, ``delay_seconds`` from now.

    No actor: what becomes of the work decides the engine. The old token is void from the commit on.
    """
    _require_transaction()
    queues = Ticket.objects.filter(id=execution_id)
    queues.update(
        token=None, lease_until=None, worker="", available_at=Now() + timedelta(seconds=max(delay_seconds, 0))
    )
    if delay_seconds <= 0:
        queue = queues.values_list("queue", flat=True).get()
        transaction.on_commit(lambda: ring(queue))


def tickets_finish(*, tokens: Mapping[UUID, UUID]) -> set[UUID]:
    """Deletes the tickets of finished work, given as id → token; returns the ids that were still held by their token.

    No actor: the holder of the token finishes.
    """
    _require_transaction()
    return {row[0] for row in wrapper().ask(_FINISH, [list(tokens), list(tokens.values())])}


def tickets_postpone(*, execution_ids: Sequence[UUID], seconds: float) -> None:
    """Lets waiting tickets wait up to ``seconds`` longer, each a time of its own, so that no two stay together.

    No actor: the engine keeps what it cannot start out of the way of the others.
    """
    with public_context():
        for execution_id in execution_ids:
            Ticket.objects.filter(id=execution_id, token=None).update(
                available_at=Now() + timedelta(seconds=random.uniform(seconds / 10, seconds))  # noqa: S311
            )


def ticket_drop(*, execution_id: UUID) -> None:
    """Deletes a ticket that stands for nothing any more, whoever holds it. No actor: the engine tidies up."""
    _require_transaction()
    Ticket.objects.filter(id=execution_id).delete()


def tickets_forget() -> int:
    """Deletes the tickets of organizations that no longer exist. No actor: nobody is left whose work it would be."""
    with public_context():
        known = Organization.objects.values("schema_name")
        return Ticket.objects.exclude(schema_name__in=known).delete()[0]
