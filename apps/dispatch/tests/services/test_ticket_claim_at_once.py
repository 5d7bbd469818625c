"""Many workers claim at the same instant, each over its own connection."""

from __future__ import annotations

from uuid import UUID

from apps.dispatch.models import Ticket
from apps.dispatch.tests.conftest import Make, claim, stored
from apps.tenants.context import public_context
from apps.tenants.models import Organization
from apps.tenants.tests.concurrency import at_once

WORKERS = 8


def test_it_works(transactional_db: None, make: Make) -> None:
    """Each ticket goes to one of them, and none is left."""
    waiting = {make(priority=number % 3) for number in range(60)}

    def until_empty(_worker: int) -> list[UUID]:
        mine: list[UUID] = []
        while some := claim(limit=2).tickets:
            mine += [ticket.execution_id for ticket in some]
        return mine

    taken = [identifier for mine in at_once(until_empty, WORKERS) for identifier in mine]
    assert len(taken) == len(waiting)
    assert set(taken) == waiting


def test_still_exactly_fair(transactional_db: None, make: Make, other_organization: Organization) -> None:
    """Nobody ends, so after any number of claims the two organizations differ by one at most."""
    ours = [make(priority=9) for _number in range(40)]
    theirs = {make(schema=other_organization.schema_name) for _number in range(40)}
    for _round in range(3):
        at_once(lambda _worker: claim(), WORKERS)
        with public_context():
            running = Ticket.objects.exclude(token=None)
            of_theirs = running.filter(id__in=theirs).count()
            assert running.count() - 2 * of_theirs == 0
    assert stored(ours[0])
