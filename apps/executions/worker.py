"""The worker process: its slots, its bell, its heart and its fence, opened and closed with Celery's worker."""

from __future__ import annotations

import os
import socket
from typing import Any

import structlog
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from apps.dispatch.rings import Bell
from apps.dispatch.services.workers import WorkerIdentity
from apps.executions.fence import Fence
from apps.executions.heart import Heart
from apps.executions.registry import kinds_load
from apps.executions.slots import Slots

logger = structlog.get_logger(__name__)
JOIN_SECONDS = 3.0


class Worker:
    """What a process that executes consists of."""

    def __init__(self, name: str) -> None:
        env = settings.ENV
        identity = WorkerIdentity(
            name=f"{name}/{os.getpid()}",
            host=socket.gethostname(),
            pid=os.getpid(),
            queues=env.worker_queues,
            slots=env.worker_slots,
        )
        self.slots = Slots(
            identity,
            lease_seconds=env.lease_seconds,
            grace_seconds=env.worker_grace_seconds,
            kill_seconds=env.cancel_grace_seconds + 1,
        )
        self.bell = Bell(identity.queues, room=self.slots.wait_for_room, answer=self.slots.poke)
        self.heart = Heart(self.slots, lease_seconds=env.lease_seconds)
        self.fence = Fence(self.slots.leases, lease_seconds=env.lease_seconds)

    def start(self) -> None:
        self.fence.start()
        self.slots.open()
        self.bell.start()
        self.heart.start()
        logger.info("worker_ready", worker=self.slots.identity.name, slots=self.slots.identity.slots)

    def stop(self) -> None:
        self.bell.stop()
        self.slots.stop()
        self.heart.stop()
        self.heart.join(JOIN_SECONDS)
        self.fence.stop()


_worker: Worker | None = None


def _speak_or_let_go(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """PostgreSQL ends transactions of a worker that falls silent in their middle: others wait for what they lock."""
    milliseconds = f"{settings.ENV.lease_seconds * 1000:.0f}"
    connection.connection.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, false)", [milliseconds])


def start(*, name: str) -> None:
    """Opens the slots of this process and lets its heart beat; without queues it stays a plain Celery worker."""
    global _worker  # noqa: PLW0603  # one per process, as Celery's worker is
    if _worker is None and settings.ENV.worker_queues:
        kinds_load()
        connection_created.connect(_speak_or_let_go)
        _worker = Worker(name)
        _worker.start()


def close(*, at_once: bool) -> None:
    """Takes nothing new; ``at_once`` leaves what runs no time of grace either."""
    if _worker is not None:
        _worker.slots.close(at_once=at_once)


def stop() -> None:
    """Ends what runs, or gives it back, and signs off."""
    if _worker is not None:
        _worker.stop()
