"""The heart of a worker process: renews its leases, hears cancel requests, recovers what dead workers held.

It needs no Redis and no beat, so that work goes on without them: it also looks for waiting tickets itself. Its own
times are of the monotonic clock, those of leases the database's. What it cannot renew in time, the fence takes away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from apps.dispatch import metrics
from apps.dispatch.selectors import tickets_are_due, tickets_held
from apps.dispatch.services.leases import Expired, ticket_renew, tickets_reap
from apps.dispatch.services.workers import WorkerIdentity, worker_gone, worker_seen
from apps.executions.lease import Lease, good_until
from apps.executions.registry import renewed
from apps.executions.services.transitions import execution_recover

logger = structlog.get_logger(__name__)
LOOK_SECONDS = 0.5
COUNT_SECONDS = 5.0
PAUSE_SECONDS = 0.05


class Body(Protocol):
    """What the heart keeps alive."""

    identity: WorkerIdentity

    @property
    def idle(self) -> int:
        """How many slots wait for work."""

    def leases(self) -> list[Lease]:
        """What runs now."""

    def poke(self) -> None:
        """Wakes an idle slot."""

    def give_up_if_overdue(self, lease: Lease) -> None:
        """Frees the slot of work that keeps no time limit."""


class Pulse:
    """Does something each ``seconds``, and again at the next beat when it failed or says that it has not done all."""

    def __init__(self, seconds: float, action: Callable[[], bool | None]) -> None:
        self.seconds, self.action, self.due = seconds, action, 0.0

    def beat(self) -> None:
        if time.monotonic() >= self.due and not self.action():
            self.rest()

    def rest(self) -> None:
        """Nothing to do until the next regular beat."""
        self.due = time.monotonic() + self.seconds


class Heart(threading.Thread):
    """One per worker process."""

    def __init__(self, body: Body, *, lease_seconds: float) -> None:
        super().__init__(name="heart", daemon=True)
        self.body = body
        self.lease_seconds = lease_seconds
        self._failing = False
        self._ended = threading.Event()
        self._pulses = [
            Pulse(lease_seconds / 6, self.renew),
            Pulse(min(LOOK_SECONDS, lease_seconds / 3), self.look),
            Pulse(lease_seconds / 4, self.reap),
            Pulse(COUNT_SECONDS, metrics.flush),
        ]

    def run(self) -> None:
        while not self._ended.is_set():
            survived = [self._survived(pulse) for pulse in self._pulses]  # each beats, whatever became of the others
            if all(survived):
                self._failing = False
            self._ended.wait(max(min(pulse.due for pulse in self._pulses) - time.monotonic(), PAUSE_SECONDS))
        self._sign_off()

    def _survived(self, pulse: Pulse) -> bool:
        """Whether the pulse did its work. Nothing ends this thread: without it leases would run out under robots."""
        try:
            pulse.beat()
        except (DatabaseError, InterfaceError) as error:
            self._suffer(error)
        except Exception:
            logger.exception("heart_pulse_failed")
            connection.close()
            pulse.rest()
        else:
            return True
        return False

    def stop(self) -> None:
        """Ends the thread after its current beat."""
        self._ended.set()

    def renew(self) -> None:
        """Prolongs all leases by one statement; tells that the worker lives, and for how long it may be believed."""
        held, asked_at = self._held(), time.monotonic()
        for execution_id in ticket_renew(tokens=_tokens(held), lease_seconds=self.lease_seconds):
            held[execution_id].renewed(asked_at=asked_at, lease_seconds=self.lease_seconds)
        worker_seen(worker=self.body.identity, busy=self.body.identity.slots - self.body.idle)
        renewed(good_until(asked_at, self.lease_seconds) - time.monotonic())

    def look(self) -> None:
        """Hears cancel requests and lost leases; wakes idle slots when something is due whose ring was lost."""
        held = self._held()
        cancelled = tickets_held(_tokens(held))
        for execution_id, lease in held.items():
            if execution_id not in cancelled:
                lease.control.lost.set()
            elif cancelled[execution_id]:
                lease.control.cancelled.set()
        for lease in self.body.leases():
            self.body.give_up_if_overdue(lease)
        if self.body.idle and tickets_are_due(self.body.identity.queues):
            self.body.poke()  # a slot that leaves something pokes the next

    def _held(self) -> dict[UUID, Lease]:
        """The leases by their execution. What is lost stays lost: this worker may hold that execution anew by now."""
        return {lease.execution_id: lease for lease in self.body.leases() if not lease.is_lost}

    def reap(self) -> bool:
        """Recovers what any worker held that fell silent; returns whether there may be more of it."""
        return tickets_reap(recover=_recover, lease_seconds=self.lease_seconds) > 0

    def _suffer(self, error: DatabaseError | InterfaceError) -> None:
        """The next beat tries again, over a new connection. What could not be renewed in time has ended by then."""
        if not self._failing:
            logger.warning("heart_without_database", error=str(error).strip())
        self._failing = True
        connection.close()

    def _sign_off(self) -> None:
        try:
            metrics.flush()
            worker_gone(name=self.body.identity.name)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("worker_not_signed_off", error=str(error).strip())
        finally:
            connection.close()


def _tokens(held: Mapping[UUID, Lease]) -> dict[UUID, UUID]:
    return {execution_id: lease.token for execution_id, lease in held.items()}


def _recover(expired: Expired) -> None:
    logger.warning("lease_expired", execution_id=str(expired.execution_id), schema=expired.schema)
    execution_recover(expired, now=timezone.now())
