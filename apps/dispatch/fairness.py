"""Whose turn it is: the organization with the fewest running first, then priority, then age. No database here."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Head:
    """A waiting ticket near the front of its organization's line."""

    id: UUID
    kind: str
    priority: int
    available_at: datetime

    @property
    def rank(self) -> tuple[int, datetime, UUID]:
        """Smaller goes first: high priority, then old."""
        return -self.priority, self.available_at, self.id


@dataclass(slots=True)
class Line:
    """One organization's waiting tickets, best first, and how many of its tickets run.

    ``complete`` tells that no further ticket waits behind ``heads``.
    """

    schema: str
    running: int
    heads: Sequence[Head]
    complete: bool = True
    taken: int = field(default=0, init=False)

    @property
    def exhausted(self) -> bool:
        return self.taken == len(self.heads)

    @property
    def rank(self) -> tuple[int, tuple[int, datetime, UUID]]:
        """Smaller goes first; what was just taken counts as running."""
        return self.running + self.taken, self.heads[self.taken].rank


def fair_order(lines: Iterable[Line], limit: int) -> list[tuple[str, Head]]:
    """The next ``limit`` tickets in the order in which they shall start.

    Stops early at a line whose known heads are used up while more wait behind them: that line might be next, and
    what comes after it is not known to be fair.
    """
    waiting = [(line.rank, line.schema, line) for line in lines if line.heads]
    heapq.heapify(waiting)
    order: list[tuple[str, Head]] = []
    while waiting and len(order) < limit:
        line = waiting[0][2]
        order.append((line.schema, line.heads[line.taken]))
        line.taken += 1
        if not line.exhausted:
            heapq.heapreplace(waiting, (line.rank, line.schema, line))
        elif line.complete:
            heapq.heappop(waiting)
        else:
            break
    return order


def batch_of(order: Sequence[tuple[str, Head]], *, limit: int, bulk_kinds: Collection[str]) -> list[tuple[str, Head]]:
    """What one slot takes at once: the first ``limit``, or more while they are all of kinds that take no time."""
    bulk = 0
    while bulk < len(order) and order[bulk][1].kind in bulk_kinds:
        bulk += 1
    return list(order[: max(bulk, limit)])
