"""The fair order against an oracle that does it the slow and plain way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from apps.dispatch.fairness import Head, Line, batch_of, fair_order

START = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMAS = ("t_a", "t_b", "t_c", "t_d")

heads = st.builds(
    Head,
    id=st.uuids(),
    kind=st.sampled_from(["slow", "instant"]),
    priority=st.integers(-2, 2),
    available_at=st.integers(0, 5).map(lambda minutes: START + timedelta(minutes=minutes)),
)
queues = st.dictionaries(
    st.sampled_from(SCHEMAS),
    st.tuples(st.integers(0, 4), st.lists(heads, max_size=8, unique_by=lambda head: head.id)),
)
Queues = dict[str, tuple[int, list[Head]]]


def lines_of(waiting: Queues) -> list[Line]:
    return [
        Line(schema, running, sorted(heads, key=lambda head: head.rank)) for schema, (running, heads) in waiting.items()
    ]


def plainly(waiting: Queues, limit: int) -> list[tuple[str, UUID]]:
    """One start after the other: who has the fewest running, whose best ticket has priority, whose is older."""
    running = {schema: number for schema, (number, _heads) in waiting.items()}
    left = {schema: list(heads) for schema, (_number, heads) in waiting.items()}
    order: list[tuple[str, UUID]] = []
    while any(left.values()) and len(order) < limit:
        candidates = [(schema, head) for schema, heads in left.items() for head in heads]
        schema, head = min(candidates, key=lambda c: (running[c[0]], -c[1].priority, c[1].available_at, c[1].id, c[0]))
        left[schema].remove(head)
        running[schema] += 1
        order.append((schema, head.id))
    return order


@given(queues, st.integers(1, 20))
def test_it_works(waiting: Queues, limit: int) -> None:
    order = fair_order(lines_of(waiting), limit)
    assert [(schema, head.id) for schema, head in order] == plainly(waiting, limit)


@given(queues, st.integers(1, 20), st.integers(1, 3))
def test_what_is_not_known_to_be_fair_is_not_guessed(waiting: Queues, limit: int, known: int) -> None:
    """With lines cut off behind some heads, the order is a beginning of the true one."""
    cut = [
        Line(line.schema, line.running, line.heads[:known], complete=len(line.heads) <= known)
        for line in lines_of(waiting)
    ]
    order = [(schema, head.id) for schema, head in fair_order(cut, limit)]
    truth = plainly(waiting, limit)
    assert order == truth[: len(order)]
    assert order or not truth


@given(queues, st.integers(1, 4))
def test_a_batch_is_a_beginning_of_the_order(waiting: Queues, limit: int) -> None:
    order = fair_order(lines_of(waiting), 30)
    batch = batch_of(order, limit=limit, bulk_kinds={"instant"})
    assert batch == order[: len(batch)]
    assert len(batch) == min(limit, len(order)) or all(head.kind == "instant" for _schema, head in batch)
    assert len(batch) >= min(limit, len(order))
