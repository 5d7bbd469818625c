from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.dispatch.models import Worker
from apps.dispatch.selectors import workers, workers_alive
from apps.dispatch.services.workers import WorkerIdentity, worker_gone, worker_seen, workers_forget
from apps.tenants.context import public_context

ME = WorkerIdentity(name="w@host/1", host="host", pid=1, queues=("a", "b"), slots=4)
pytestmark = pytest.mark.django_db


def test_it_works() -> None:
    worker_seen(worker=ME, busy=0)
    worker_seen(worker=ME, busy=3)
    with public_context():
        worker = workers().get()
    assert (worker.name, worker.queues, worker.slots, worker.busy) == (ME.name, ["a", "b"], 4, 3)
    alive = workers_alive(lease_seconds=30)
    assert (alive.count, alive.slots, alive.last_heartbeat) == (1, 4, worker.last_seen)


def test_silent_ones_do_not_count_and_are_forgotten() -> None:
    worker_seen(worker=ME, busy=0)
    with public_context():
        Worker.objects.update(last_seen=timezone.now() - timedelta(hours=2))
    assert workers_alive(lease_seconds=30).count == 0
    assert workers_forget() == 1
    assert workers_alive(lease_seconds=30).last_heartbeat is None


def test_signs_off() -> None:
    worker_seen(worker=ME, busy=0)
    worker_gone(name=ME.name)
    assert workers_forget() == 0
    assert workers_alive(lease_seconds=30).count == 0
