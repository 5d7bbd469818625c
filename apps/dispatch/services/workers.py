"""Worker processes make themselves known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models.functions import Now

from apps.dispatch.models import Worker
from apps.tenants.context import public_context

FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class WorkerIdentity:
    """What a worker process says of itself; ``name`` is unique among all that ever ran."""

    name: str
    host: str
    pid: int
    queues: Sequence[str]
    slots: int


def worker_seen(*, worker: WorkerIdentity, busy: int) -> None:
    """Writes that the worker lives, by the database's clock. No actor: it is the worker itself that tells."""
    with public_context():
        changed = Worker.objects.filter(name=worker.name).update(last_seen=Now(), busy=busy)
        if not changed:
            Worker.objects.create(
                name=worker.name,
                host=worker.host,
                pid=worker.pid,
                queues=list(worker.queues),
                slots=worker.slots,
                busy=busy,
            )


def worker_gone(*, name: str) -> None:
    """Takes the row of a worker that stops in good order. No actor: it is the worker itself that tells."""
    with public_context():
        Worker.objects.filter(name=name).delete()


def workers_forget() -> int:
    """Removes the rows of workers silent for an hour. No actor: workers tidy up after each other."""
    with public_context():
        return Worker.objects.filter(last_seen__lt=Now() - FORGOTTEN_AFTER).delete()[0]
