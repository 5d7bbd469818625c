from __future__ import annotations

from django.utils import timezone

from apps.executions.models import Status
from apps.executions.services.executions import execution_process_started
from apps.executions.services.transitions import execution_finish, execution_release
from apps.executions.tests.conftest import DONE, Start, claimed, steal, stored


def test_it_works(start: Start) -> None:
    lease = start()
    execution_release(lease, now=timezone.now())
    assert stored(lease).status == Status.PENDING
    assert [ticket.execution_id for ticket in claimed()] == [lease.execution_id]


def test_what_ran_and_may_not_run_again_is_lost(start: Start) -> None:
    lease = start()
    execution_process_started(lease, process_id=1, now=timezone.now())
    execution_release(lease, now=timezone.now())
    assert stored(lease).status == Status.LOST


def test_nothing_without_the_lease(start: Start) -> None:
    lease, over = start(), start()
    steal(lease)
    execution_finish(over, DONE, now=timezone.now())
    for mine in (lease, over):
        before = stored(mine).status
        execution_release(mine, now=timezone.now())
        assert stored(mine).status == before
