from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.dispatch.models import Ticket
from apps.executions.models import Execution
from apps.executions.selectors import QueuePosition, queue_position, queue_positions
from apps.executions.services.transitions import execution_finish
from apps.executions.tests.conftest import DONE, Accept, Start, stored
from apps.tenants.context import require_tenant


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


def test_one_question_for_many(start: Start, accept: Accept, django_assert_num_queries: Any) -> None:
    execution_finish(start(), DONE, now=timezone.now())
    waiting = [accept(queue=queue) for _number in range(5) for queue in ("robots.default", "robots.gpu")]
    with django_assert_num_queries(1):
        places = queue_positions(waiting)
    assert [places[execution.pk].position for execution in waiting] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    with django_assert_num_queries(0):
        assert queue_positions([]) == {}


def test_the_guess_knows_the_queue(start: Start, accept: Accept) -> None:
    lease = start()
    execution_finish(lease, DONE, now=timezone.now())
    known, unknown = accept(queue=stored(lease).queue), accept(queue="never")
    places = queue_positions([known, unknown])
    assert places[known.pk].eta_seconds is not None
    assert places[unknown.pk].eta_seconds is None


def test_a_long_queue_is_counted_so_far_only(accept: Accept) -> None:
    first, last = accept(queue="long", priority=9), accept(queue="long", priority=-9)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Ticket._meta.db_table} (id, created_at, schema_name, kind, queue, priority, worker,"
            " cancel_requested)"
            " SELECT gen_random_uuid(), now(), %s, 'recording', 'long', 0, '', false FROM generate_series(1, 10050)",
            [require_tenant()],
        )
    assert queue_positions([first, last]) == {first.pk: QueuePosition(1, None), last.pk: QueuePosition(10_001, None)}
