"""Leases: renewed by the worker that holds them, taken from one that fell silent."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from apps.dispatch.models import Ticket
from apps.tenants.context import public_context, tenant_context

logger = structlog.get_logger(__name__)
MOST_AT_ONCE = 200
SHARE = 1 / 20  # of a lease: how long to recover others without looking after one's own
_TICKETS = Ticket._meta.db_table
# A ticket that somebody else is writing is left for the next time: none may keep the others from being renewed.
_RENEW = f"""
    UPDATE {_TICKETS} ticket
    SET lease_until = statement_timestamp() + make_interval(secs => %s)
    FROM (
        SELECT id FROM {_TICKETS} JOIN unnest(%s::uuid[], %s::uuid[]) AS held(id, token) USING (id, token)
        FOR NO KEY UPDATE OF {_TICKETS} SKIP LOCKED
    ) free
    WHERE ticket.id = free.id
    RETURNING ticket.id
"""
_EXPIRED = f"""
    SELECT id FROM {_TICKETS} WHERE token IS NOT NULL AND lease_until < statement_timestamp()
    ORDER BY lease_until LIMIT {MOST_AT_ONCE}
"""
# Locks of somebody who fell silent in the middle of a transaction are waited for briefly: the heart has more to do.
_SEIZE = f"""
    SELECT set_config('lock_timeout', %s, true);
    SELECT id, schema_name, kind, token, cancel_requested FROM {_TICKETS}
    WHERE id = %s AND token IS NOT NULL AND lease_until < statement_timestamp() FOR UPDATE SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Expired:
    """A lease that ended without a word from its holder."""

    execution_id: UUID
    schema: str
    kind: str
    token: UUID
    cancel_requested: bool


def ticket_renew(*, tokens: Mapping[UUID, UUID], lease_seconds: float) -> set[UUID]:
    """Prolongs the leases given as id → token, from now by the database's clock; returns the ids of those prolonged.

    Waits for nobody: a ticket that another transaction holds right now keeps the lease it has. No actor: holding the
    token is the right.
    """
    if not tokens:
        return set()
    with public_context(), connection.cursor() as cursor:
        cursor.execute(_RENEW, [lease_seconds, list(tokens), list(tokens.values())])
        return {row[0] for row in cursor.fetchall()}


def tickets_reap(*, recover: Callable[[Expired], None], lease_seconds: float) -> int:
    """Hands expired leases to ``recover``, inside their organizations and one transaction each; returns how many.

    ``recover`` requeues, finishes or drops the ticket together with the execution. The ticket is locked, so of several
    reapers one gets it, and a holder that renews in the last moment keeps it. It stops after a small part of a lease,
    for the caller's own leases must not run out meanwhile: ask again while it returns anything. No actor: workers
    watch each other.
    """
    enough = time.monotonic() + lease_seconds * SHARE
    recovered = 0
    with public_context():
        with connection.cursor() as cursor:
            cursor.execute(_EXPIRED)
            expired = [row[0] for row in cursor.fetchall()]
        for identifier in random.sample(expired, len(expired)):  # another order for every reaper, and for each try
            recovered += _recovered(identifier, recover, lock_seconds=lease_seconds * SHARE / 10)
            if time.monotonic() > enough:
                break
    return recovered


def _recovered(identifier: UUID, recover: Callable[[Expired], None], *, lock_seconds: float) -> bool:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_SEIZE, [f"{max(lock_seconds * 1000, 1):.0f}", identifier])
                cursor.nextset()
                row = cursor.fetchone()
            if row is None:
                return False
            ticket = Expired(*row)
            with tenant_context(ticket.schema):
                recover(ticket)
    except (OperationalError, InterfaceError) as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        raise  # the database is away; the next beat of the heart tries again
    except Exception:  # what one kind or one organization got wrong must not keep others from being recovered
        logger.exception("lease_recovery_failed", execution_id=str(identifier))
        return False
    return True
