"""Leases: renewed by the worker that holds them, taken from one that fell silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from apps.dispatch.models import Ticket
from apps.tenants.context import public_context, tenant_context

logger = structlog.get_logger(__name__)
_TICKETS = Ticket._meta.db_table
_RENEW = f"""
    UPDATE {_TICKETS} ticket
    SET lease_until = statement_timestamp() + make_interval(secs => %s)
    FROM unnest(%s::uuid[], %s::uuid[]) AS held(id, token)
    WHERE ticket.id = held.id AND ticket.token = held.token
    RETURNING ticket.id
"""
# Leases that ended while the database itself was away get one lease from its return: nobody could renew them.
_EXPIRED = f"""
    SELECT id FROM {_TICKETS}
    WHERE token IS NOT NULL AND lease_until < statement_timestamp()
      AND pg_postmaster_start_time() < statement_timestamp() - make_interval(secs => %s)
    ORDER BY lease_until LIMIT %s
"""
_SEIZE = f"""
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
    """Prolongs the leases given as id → token, from now by the database's clock; returns the ids that are still held.

    No actor: holding the token is the right.
    """
    if not tokens:
        return set()
    with public_context(), connection.cursor() as cursor:
        cursor.execute(_RENEW, [lease_seconds, list(tokens), list(tokens.values())])
        return {row[0] for row in cursor.fetchall()}


def tickets_reap(*, recover: Callable[[Expired], None], lease_seconds: float, limit: int = 200) -> int:
    """Hands each expired lease to ``recover``, inside its organization and one transaction each; returns how many.

    ``recover`` requeues, finishes or drops the ticket together with the execution. The ticket is locked, so of several
    reapers one gets it, and a holder that renews in the last moment keeps it. No actor: workers watch each other.
    """
    with public_context():
        with connection.cursor() as cursor:
            cursor.execute(_EXPIRED, [lease_seconds, limit])
            expired = [row[0] for row in cursor.fetchall()]
        return sum(_recovered(identifier, recover) for identifier in expired)


def _recovered(identifier: UUID, recover: Callable[[Expired], None]) -> bool:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_SEIZE, [identifier])
                row = cursor.fetchone()
            if row is None:
                return False
            ticket = Expired(*row)
            with tenant_context(ticket.schema):
                recover(ticket)
    except (OperationalError, InterfaceError):
        raise  # the database is away; the next beat of the heart tries again
    except Exception:  # what one kind or one organization got wrong must not keep others from being recovered
        logger.exception("lease_recovery_failed", execution_id=str(identifier))
        return False
    return True
