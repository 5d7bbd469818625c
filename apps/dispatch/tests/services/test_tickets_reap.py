from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.dispatch.services.leases import Expired, tickets_reap
from apps.dispatch.services.tickets import ticket_drop
from apps.dispatch.tests.conftest import Make, stored, written_by_another
from apps.tenants.context import current_schema
from apps.tenants.models import Organization

LONG_AGO = timezone.now() - timedelta(hours=1)


def _never(expired: Expired) -> None:
    pytest.fail(f"{expired} was recovered")


def _dropped(expired: Expired) -> None:
    ticket_drop(execution_id=expired.execution_id)


def test_it_works(make: Make, organization: Organization) -> None:
    held = make(held=True, lease_until=LONG_AGO)
    seen: list[tuple[Expired, str, bool]] = []

    def recover(expired: Expired) -> None:
        seen.append((expired, current_schema(), connection.in_atomic_block))
        ticket_drop(execution_id=expired.execution_id)

    assert tickets_reap(recover=recover, lease_seconds=30) == 1
    [(expired, schema, in_transaction)] = seen
    assert (expired.execution_id, expired.kind, schema) == (held, "kind", organization.schema_name)
    assert in_transaction
    assert stored(held) is None


def test_leases_that_hold_are_left_alone(make: Make) -> None:
    make(held=True)
    make()
    assert tickets_reap(recover=_never, lease_seconds=30) == 0


def test_one_that_cannot_be_recovered_does_not_stop_the_others(make: Make) -> None:
    broken = make(held=True, lease_until=LONG_AGO - timedelta(minutes=1))
    other = make(held=True, lease_until=LONG_AGO)

    def recover(expired: Expired) -> None:
        if expired.execution_id == broken:
            raise DatabaseError("its tables are gone")
        ticket_drop(execution_id=expired.execution_id)

    assert tickets_reap(recover=recover, lease_seconds=30) == 1
    assert stored(broken)
    assert stored(other) is None


def test_one_that_somebody_writes_is_left_for_later(transactional_db: None, make: Make) -> None:
    """Be it the ticket, or a row that its recovery has to write."""
    written = make(held=True, lease_until=LONG_AGO - timedelta(minutes=1))
    waiting = make(held=True, lease_until=LONG_AGO)
    other = make(held=True, lease_until=LONG_AGO)

    def recover(expired: Expired) -> None:
        ticket_drop(execution_id=written if expired.execution_id == waiting else expired.execution_id)

    with written_by_another(written):
        assert tickets_reap(recover=recover, lease_seconds=30) == 1
    assert stored(other) is None
    assert stored(waiting)
    assert stored(written)


def test_it_stops_before_the_leases_of_the_reaper_end(make: Make) -> None:
    for _number in range(3):
        make(held=True, lease_until=LONG_AGO)
    assert tickets_reap(recover=_dropped, lease_seconds=0.0) == 1
    assert tickets_reap(recover=_dropped, lease_seconds=30) == 2
    assert tickets_reap(recover=_dropped, lease_seconds=30) == 0
