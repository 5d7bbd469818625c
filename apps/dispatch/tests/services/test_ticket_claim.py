from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from apps.dispatch.models import Ticket
from apps.dispatch.services.claims import ticket_claim
from apps.dispatch.services.tickets import NoTransactionError
from apps.dispatch.tests.conftest import PAST, Make, claim, claimed_ids, stored
from apps.tenants.context import public_context
from apps.tenants.models import Organization


def test_it_works(make: Make) -> None:
    waiting = make()
    [claimed] = claim(lease_seconds=30).tickets
    ticket = stored(waiting)
    assert ticket is not None
    assert (claimed.execution_id, claimed.kind, claimed.queue) == (waiting, "kind", "q")
    assert claimed.waited_seconds == pytest.approx(3600, abs=600)
    assert (ticket.token, ticket.worker) == (claimed.token, "w")
    assert ticket.lease_until is not None
    assert timedelta(seconds=25) < ticket.lease_until - timezone.now() <= timedelta(seconds=30)


def test_nothing_waits(make: Make) -> None:
    make(queue="other")
    assert not claim().tickets


def test_what_is_claimed_is_not_claimed_again(make: Make) -> None:
    make()
    assert claimed_ids()
    assert not claimed_ids()


def test_fewest_running_goes_first(make: Make, other_organization: Organization) -> None:
    make(held=True)
    make(priority=9)
    theirs = make(schema=other_organization.schema_name)
    assert claimed_ids() == [theirs]


def test_running_in_other_queues_does_not_count(make: Make, other_organization: Organization) -> None:
    make(held=True, queue="other")
    ours = make(priority=1)
    make(schema=other_organization.schema_name)
    assert claimed_ids() == [ours]


def test_then_priority(make: Make) -> None:
    make(priority=1)
    urgent = make(priority=2, available_at=PAST + timedelta(minutes=1))
    assert claimed_ids() == [urgent]


def test_then_age(make: Make) -> None:
    make()
    older = make(available_at=PAST - timedelta(minutes=1))
    assert claimed_ids() == [older]


def test_waits_for_its_time(make: Make) -> None:
    later = timezone.now() + timedelta(minutes=1)
    make(available_at=later)
    make(available_at=later, priority=5)
    due = make(priority=-5)
    assert claimed_ids(limit=3) == [due]


def test_not_of_an_inactive_organization(make: Make, organization: Organization) -> None:
    make()
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(is_active=False)
    assert not claimed_ids()


def test_takes_turns_within_one_claim(make: Make, other_organization: Organization) -> None:
    ours = [make() for _number in range(4)]
    theirs = [make(schema=other_organization.schema_name, available_at=PAST + timedelta(minutes=1))]
    batch = claim(limit=3)
    assert [ticket.execution_id for ticket in batch.tickets] == [ours[0], theirs[0], ours[1]]
    assert batch.more


def test_several_queues(make: Make) -> None:
    make(queue="other", available_at=PAST + timedelta(minutes=1))
    first = make(queue="q")
    assert claimed_ids("other", "q") == [first]


def test_instant_kinds_are_taken_together(make: Make) -> None:
    instant = [make(kind="instant") for _number in range(3)]
    make(kind="slow", available_at=PAST + timedelta(minutes=1))
    batch = claim(limit=1, bulk_limit=64, bulk_kinds=("instant",))
    assert [ticket.execution_id for ticket in batch.tickets] == instant
    assert batch.more


def test_slow_kinds_are_not(make: Make) -> None:
    make(kind="slow")
    make(kind="instant", available_at=PAST + timedelta(minutes=1))
    assert len(claim(limit=1, bulk_limit=64, bulk_kinds=("instant",)).tickets) == 1


def test_more_are_looked_for_only_behind_instant_kinds(make: Make, django_assert_num_queries: Any) -> None:
    for kind in ("slow", "slow", "instant", "instant"):
        make(kind=kind)
    for queries in (5, 5, 6):  # with those around a transaction in a transaction
        with django_assert_num_queries(queries):
            claim(limit=1, bulk_limit=64, bulk_kinds=("instant",))


@pytest.fixture
def schemas(organization: Organization, other_organization: Organization) -> list[str]:
    """Of more organizations than a claim looks at closely; these have no schema, and need none here."""
    made = [f"t_{number:012x}" for number in range(5)]
    with public_context():
        for schema in made:
            Organization(name=schema, slug=schema.replace("_", "-"), schema_name=schema).save()
    return [*made, organization.schema_name, other_organization.schema_name]


@pytest.mark.parametrize("seed", range(10))
def test_order_of_many_lanes(make: Make, schemas: list[str], seed: int) -> None:
    """Claimed one by one or several together, the order is that of starting one after the other."""
    chance = random.Random(seed)
    for _number in range(40):
        make(
            schema=chance.choice(schemas),
            queue=chance.choice(["q", "r"]),
            priority=chance.randrange(3),
            available_at=PAST + timedelta(seconds=chance.randrange(5)),
            held=chance.random() < 0.2,
        )
    for schema in schemas:
        make(schema=schema, priority=9, available_at=timezone.now() + timedelta(hours=1))
    expected = _plainly()
    got: list[UUID] = []
    while some := claimed_ids("q", "r", limit=chance.choice([1, 2, 5])):
        got += some
    assert got == expected


def _plainly() -> list[UUID]:
    with public_context():
        running = Counter(Ticket.objects.exclude(token=None).values_list("schema_name", flat=True))
        left = list(Ticket.objects.filter(token=None, available_at__lte=timezone.now()))
    order = []
    while left:
        best = min(left, key=lambda t: (running[t.schema_name], -t.priority, t.available_at, t.pk))
        left.remove(best)
        running[best.schema_name] += 1
        order.append(best.pk)
    return order


@pytest.mark.django_db
def test_cheap_with_very_many_waiting(organization: Organization, other_organization: Organization) -> None:
    """The plan reads a handful of rows however many wait, due or not."""
    with public_context():
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO dispatch_ticket
                    (id, created_at, schema_name, kind, queue, priority, available_at, worker, cancel_requested)
                SELECT gen_random_uuid(), now(), %s, 'kind', 'many', n %% 2, now() + make_interval(mins => n %% 3 - 1),
                       '', false
                FROM generate_series(1, 20000) AS n
                """,
                [organization.schema_name],
            )
            cursor.execute("ANALYZE dispatch_ticket")
            cursor.execute("SELECT pg_stat_force_next_flush()")
        theirs = Ticket.objects.create(
            schema_name=other_organization.schema_name, kind="kind", queue="many", available_at=timezone.now()
        )
        before = _entries_read()
        assert theirs.pk in claimed_ids("many", limit=2)
        assert _entries_read() - before < 1000


def _entries_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_stat_get_xact_tuples_returned('dispatch_ticket'::regclass) + sum(
                pg_stat_get_xact_tuples_returned(indexrelid)) FROM pg_index WHERE indrelid = 'dispatch_ticket'::regclass
            """
        )
        return int(cursor.fetchone()[0])


def test_refuses_without_a_transaction() -> None:
    with pytest.raises(NoTransactionError):
        ticket_claim(queues=["q"], worker="w", limit=1, lease_seconds=30)
