"""What waits and who works, over all organizations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, QuerySet
from django.db.models.functions import Now

from apps.dispatch.models import Tally, Ticket, Worker
from apps.dispatch.services.claims import LANES
from apps.tenants.context import public_context

_TICKETS = Ticket._meta.db_table
_DUE = f"{LANES} SELECT EXISTS (SELECT FROM lane)"
_HELD = f"""
    SELECT ticket.id, ticket.cancel_requested
    FROM {_TICKETS} ticket JOIN unnest(%s::uuid[], %s::uuid[]) AS held(id, token) USING (id, token)
"""


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How much waits in a queue, and since when the oldest could have started."""

    queue: str
    waiting: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class WorkersAlive:
    """How many worker processes beat within the last lease and a half, and the last beat of any."""

    count: int
    slots: int
    last_heartbeat: datetime | None


def tickets_are_due(queues: Collection[str]) -> bool:
    """Whether a ticket of these queues could start now."""
    with public_context(), connection.cursor() as cursor:
        cursor.execute(_DUE, {"queues": list(queues)})
        return bool(cursor.fetchone()[0])


def tickets_held(tokens: Mapping[UUID, UUID]) -> dict[UUID, bool]:
    """Of the leases given as id → token those still held, and whether each was asked to stop."""
    if not tokens:
        return {}
    with public_context(), connection.cursor() as cursor:
        cursor.execute(_HELD, [list(tokens), list(tokens.values())])
        return dict(cursor.fetchall())


def queue_depths() -> list[QueueDepth]:
    """Every queue in which something is due."""
    with public_context():
        due = Ticket.objects.filter(token=None, available_at__lte=Now()).order_by("queue").values("queue")
        rows = due.annotate(waiting=Count("id"), oldest_at=Min("available_at"))
        return [QueueDepth(row["queue"], row["waiting"], row["oldest_at"]) for row in rows]


def queue_is_served(queue: str, *, lease_seconds: float) -> bool:
    """Whether a worker that lives takes work of this queue."""
    with public_context():
        return _alive(lease_seconds).filter(queues__contains=[queue]).exists()


def workers() -> QuerySet[Worker]:
    """Known worker processes, whether they still live or not; evaluate it in the public context."""
    return Worker.objects.all()


def workers_alive(*, lease_seconds: float) -> WorkersAlive:
    """Who works; a worker that missed a lease and a half of beats does not count."""
    with public_context():
        slots = list(_alive(lease_seconds).values_list("slots", flat=True))
        last = Worker.objects.aggregate(last=Max("last_seen"))["last"]
    return WorkersAlive(len(slots), sum(slots), last)


def _alive(lease_seconds: float) -> QuerySet[Worker]:
    return Worker.objects.filter(last_seen__gt=Now() - timedelta(seconds=1.5 * lease_seconds))


def tallies() -> list[Tally]:
    """Every counter."""
    with public_context():
        return list(Tally.objects.all())
