"""Claiming: the fairest waiting ticket gets a token and a lease."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from apps.dispatch.fairness import Head, Line, batch_of, fair_order
from apps.dispatch.models import Ticket
from apps.dispatch.services.tickets import NoTransactionError
from apps.tenants.context import wrapper
from apps.tenants.models import Organization

TURN_SECONDS = 5.0
_TICKETS = Ticket._meta.db_table
_ORGANIZATIONS = Organization._meta.db_table

# Claims of one queue take turns, so that each sees what the one before took: that makes the order exact. They do not
# wait for the disk, for a claim that a crash of the database undoes is a lease lost, which every holder must expect.
# Who falls silent during its turn loses it soon, since all others wait.
_TAKE_TURNS = """
    SELECT set_config('synchronous_commit', 'off', true),
           set_config('idle_in_transaction_session_timeout', %(turn_milliseconds)s, true),
           set_config('plan_cache_mode', 'force_generic_plan', true),
           pg_advisory_xact_lock(hashtext('dispatch.claim'), hashtext(queue))
    FROM unnest(%(queues)s::text[]) AS queue
"""

# A lane is what waits for one queue and organization. Lanes are found by stepping through the index from the first
# ticket of one to the first of the next, so that a lane costs the same however much waits in it.
LANES = f"""
    WITH RECURSIVE front AS (
        SELECT first.* FROM unnest(%(queues)s::text[]) AS wanted CROSS JOIN LATERAL (
            SELECT queue, schema_name, priority, available_at, id FROM {_TICKETS}
            WHERE token IS NULL AND queue = wanted
            ORDER BY schema_name, priority DESC, available_at, id LIMIT 1
        ) first
        UNION ALL
        SELECT following.* FROM front CROSS JOIN LATERAL (
            SELECT queue, schema_name, priority, available_at, id FROM {_TICKETS}
            WHERE token IS NULL AND queue = front.queue AND schema_name > front.schema_name
            ORDER BY schema_name, priority DESC, available_at, id LIMIT 1
        ) following
    ), lane AS (
        SELECT front.queue, front.schema_name, due.priority, due.available_at, due.id
        FROM front JOIN {_ORGANIZATIONS} organization USING (schema_name) CROSS JOIN LATERAL (
            SELECT front.priority, front.available_at, front.id WHERE front.available_at <= statement_timestamp()
            UNION ALL
            (SELECT priority, available_at, id FROM {_TICKETS}
             WHERE token IS NULL AND queue = front.queue AND schema_name = front.schema_name
               AND available_at <= statement_timestamp() AND front.available_at > statement_timestamp()
             ORDER BY priority DESC, available_at, id LIMIT 1)
        ) due
        WHERE organization.is_active
    )
"""
# So many tickets can only be of the so many organizations that come first; of those some more are read.
_HEADS = f"""
    {LANES}, running AS (
        SELECT schema_name, count(*) AS number FROM {_TICKETS}
        WHERE token IS NOT NULL AND queue = ANY(%(queues)s::text[]) GROUP BY schema_name
    ), best AS (
        SELECT schema_name, coalesce(number, 0) AS number FROM (
            SELECT DISTINCT ON (schema_name) * FROM lane ORDER BY schema_name, priority DESC, available_at, id
        ) first LEFT JOIN running USING (schema_name)
        ORDER BY 2, priority DESC, available_at, id LIMIT %(limit)s::bigint
    ), depth AS (
        SELECT greatest(2, 2 * %(limit)s::bigint / greatest(count(*), 1)) AS depth FROM best
    )
    SELECT best.schema_name, best.number, depth.depth, lane.queue, head.id, head.kind, head.priority, head.available_at
    FROM best JOIN lane USING (schema_name) CROSS JOIN depth CROSS JOIN LATERAL (
        SELECT id, kind, priority, available_at FROM {_TICKETS}
        WHERE token IS NULL AND queue = lane.queue AND schema_name = lane.schema_name
          AND available_at <= statement_timestamp()
        ORDER BY priority DESC, available_at, id LIMIT (SELECT depth FROM depth)
    ) head
"""
_TAKE = f"""
    UPDATE {_TICKETS} ticket
    SET token = taken.token, worker = %(worker)s::text,
        lease_until = statement_timestamp() + make_interval(secs => %(lease_seconds)s::float)
    FROM unnest(%(ids)s::uuid[], %(tokens)s::uuid[]) AS taken(id, token) JOIN (
        SELECT id FROM {_TICKETS} WHERE id = ANY(%(ids)s::uuid[]) AND token IS NULL FOR UPDATE SKIP LOCKED
    ) free USING (id)
    WHERE ticket.id = taken.id
    RETURNING ticket.id, ticket.schema_name, ticket.kind, ticket.queue, ticket.token,
              extract(epoch FROM statement_timestamp() - ticket.available_at)::float
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A ticket that is now the caller's, as long as it renews the lease."""

    execution_id: UUID
    schema: str
    kind: str
    queue: str
    token: UUID
    waited_seconds: float


@dataclass(frozen=True, slots=True)
class Batch:
    """What was claimed together, and whether more was due. The leases began after ``asked_at``, a monotonic time."""

    tickets: Sequence[Claimed] = ()
    more: bool = False
    asked_at: float = 0


def ticket_claim(
    *,
    queues: Collection[str],
    worker: str,
    limit: int,
    lease_seconds: float,
    bulk_limit: int = 0,
    bulk_kinds: Collection[str] = (),
) -> Batch:
    """Takes up to ``limit`` waiting tickets of these queues, in the fair order, each with a new token and a lease.

    Fair: the organization with the fewest running in these queues first, then priority, then age. Organizations that
    are not active, and tickets before their time, are left alone. Up to ``bulk_limit`` tickets are taken together when
    all are of ``bulk_kinds``. The clock is the database's. Runs in the public context, in the caller's transaction,
    which has to start the executions: else ``NoTransactionError``.

    No actor: workers serve everybody.
    """
    if not connection.in_atomic_block:
        raise NoTransactionError
    own_queues = sorted(set(queues))
    turn = f"{min(lease_seconds, TURN_SECONDS) * 1000:.0f}"
    wrapper().ask(_TAKE_TURNS, {"queues": own_queues, "turn_milliseconds": turn})
    order, wanted = _next(own_queues, 1 + limit), limit
    if bulk_limit > limit and len(order) > limit and all(head.kind in bulk_kinds for _schema, head in order[:limit]):
        order, wanted = _next(own_queues, 1 + bulk_limit), bulk_limit
    batch = batch_of(order[:wanted], limit=limit, bulk_kinds=bulk_kinds)
    if not batch:
        return Batch()
    ids, asked_at = [head.id for _schema, head in batch], time.monotonic()
    taken = {"ids": ids, "tokens": [uuid4() for _id in ids], "worker": worker, "lease_seconds": lease_seconds}
    claimed = {row[0]: Claimed(*row) for row in wrapper().ask(_TAKE, taken)}
    return Batch(
        [claimed[identifier] for identifier in ids if identifier in claimed], len(order) > len(batch), asked_at
    )


def _next(queues: Sequence[str], number: int) -> list[tuple[str, Head]]:
    """What comes next, so many of them: few cost little, and where they take their time nobody needs more."""
    # A statement of its own: it sees what was committed while the turn was waited for.
    return fair_order(_lines(wrapper().ask(_HEADS, {"queues": queues, "limit": number})), number)


def _lines(rows: Iterable[tuple[Any, ...]]) -> list[Line]:
    """One line per organization, from the heads of its lanes.

    A lane with as many heads as were asked for may hold more; what ranks behind its last head is not known for sure.
    """
    lanes: dict[str, dict[str, list[Head]]] = defaultdict(lambda: defaultdict(list))
    running: dict[str, int] = {}
    depth = 0
    for schema, number, depth, queue, *ticket in rows:  # noqa: B007  # the depth is the same in every row
        lanes[schema][queue].append(Head(*ticket))
        running[schema] = number
    return [_line(schema, running[schema], list(own.values()), depth) for schema, own in lanes.items()]


def _line(schema: str, running: int, lanes: Sequence[Sequence[Head]], depth: int) -> Line:
    cut = [lane[-1].rank for lane in lanes if len(lane) >= depth]
    heads = sorted((head for lane in lanes for head in lane), key=attrgetter("rank"))
    if not cut:
        return Line(schema, running, heads)
    return Line(schema, running, [head for head in heads if head.rank <= min(cut)], complete=False)
