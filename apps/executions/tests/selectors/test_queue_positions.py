from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.executions.models import Execution
from apps.executions.selectors import QueuePosition, queue_position, queue_positions
from apps.executions.services.transitions import execution_finish
from apps.executions.tests.conftest import DONE, Accept, Start, stored


def test_it_works(accept: Accept) -> None:
    first, second, urgent = accept(), accept(), accept(priority=1)
    accept(queue="other", priority=9)
    assert queue_position(first) == QueuePosition(2, None)
    assert queue_positions([first, second, urgent])[second.pk] == QueuePosition(3, None)
    assert queue_position(urgent) == QueuePosition(1, None)


def test_the_guess(start: Start, accept: Accept) -> None:
    for _number in range(2):
        lease = start()
        execution_finish(lease, DONE, now=timezone.now())
        started = stored(lease).started_at
        assert started is not None
        Execution.objects.filter(pk=lease.execution_id).update(finished_at=started + timedelta(seconds=10))
    start()
    start()
    accept()
    assert queue_position(accept()) == QueuePosition(2, 10)


def test_none_when_it_does_not_wait(start: Start) -> None:
    assert queue_position(stored(start())) is None


def test_three_questions_for_many(accept: Accept, django_assert_num_queries: Any) -> None:
    waiting = [accept() for _number in range(10)]
    with django_assert_num_queries(2):
        assert len(queue_positions(waiting)) == 10
    with django_assert_num_queries(0):
        assert queue_positions([]) == {}
