"""The slots of a worker process: each claims, runs and finishes one execution at a time, until nothing is left.

What is left to do for an execution whose process has ended (storing the last lines, writing how it ended) needs no
slot: the kind says so, and the next execution starts meanwhile.
"""

from __future__ import annotations

import threading
import time
from itertools import groupby
from operator import attrgetter
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from apps.dispatch.services.claims import Claimed, ticket_claim
from apps.dispatch.services.tickets import tickets_postpone
from apps.dispatch.services.workers import WorkerIdentity
from apps.executions.attempts import attempt, give_back
from apps.executions.errors import LeaseLost
from apps.executions.lease import Lease, Outcome, Vacating
from apps.executions.models import Status
from apps.executions.registry import instant_kinds
from apps.executions.services.transitions import execution_finish, executions_start
from apps.tenants.context import public_context, tenant_context

logger = structlog.get_logger(__name__)
TOGETHER = 64
THREADS_PER_SLOT = 2  # one runs, one may still be writing how the execution before it ended
RETRY_SECONDS = 0.5
POSTPONE_SECONDS = 10.0
OVERDUE_SECONDS = 1800.0  # preparing and clearing up count as well; this is for threads that hang


class Slots:
    """The slots of one process, and the leases they hold."""

    def __init__(
        self, identity: WorkerIdentity, *, lease_seconds: float, grace_seconds: float, kill_seconds: float
    ) -> None:
        self.identity = identity
        self.lease_seconds, self.grace_seconds, self.kill_seconds = lease_seconds, grace_seconds, kill_seconds
        lock = threading.Lock()
        self._changed, self._room = threading.Condition(lock), threading.Condition(lock)
        self._pokes = 0
        self._free = identity.slots
        self._closing = threading.Event()
        self._leases: dict[UUID, Lease] = {}  # by token
        self._vacating: dict[UUID, Vacating] = {}  # by token; several of instant kinds share one

    @property
    def idle(self) -> int:
        """How many slots wait for work."""
        return max(self._free - self._pokes, 0)

    def leases(self) -> list[Lease]:
        """What runs now."""
        with self._changed:
            return list(self._leases.values())

    # -- starting and stopping

    def open(self) -> None:
        """Starts the slots; each looks for work at once."""
        self._pokes = self.identity.slots
        for _number in range(THREADS_PER_SLOT * self.identity.slots):
            self._open_one()

    def _open_one(self) -> None:
        threading.Thread(target=self._serve, name="slot", daemon=True).start()

    def poke(self) -> None:
        """Wakes an idle slot. One poke is kept when all are busy: a slot may just be about to give up."""
        with self._changed:
            self._pokes = min(self._pokes + 1, self._free + 1)
            self._changed.notify()

    def wait_for_room(self, seconds: float) -> bool:
        """Waits until a slot is idle, for so long at most; returns whether one is. None is when the worker closes."""
        with self._room:
            return self._room.wait_for(lambda: self.idle > 0 and not self._closing.is_set(), seconds)

    def close(self, *, at_once: bool = False) -> None:
        """No slot takes anything new. For signal handlers as well: it takes no lock."""
        if at_once:
            self.grace_seconds = 0.0
        self._closing.set()

    def stop(self) -> None:
        """Lets what runs finish for the time of grace, then has it killed and gives it back."""
        self.close()
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._leases, self.grace_seconds)
            for lease in self._leases.values():
                lease.control.lost.set()
            self._changed.wait_for(lambda: not self._leases, self.kill_seconds)
        for lease in self.leases():
            give_back(lease)

    # -- one slot

    def _serve(self) -> None:
        try:
            while self._heard() and self._work_on():
                connection.close_if_unusable_or_obsolete()  # as after a request
        finally:
            connection.close()

    def _heard(self) -> bool:
        """Waits for a poke and takes a free slot; False when the worker closes."""
        with self._changed:
            while not ((self._pokes and self._free) or self._closing.is_set()):
                self._changed.wait(RETRY_SECONDS)  # close() wakes nobody
            if self._closing.is_set():
                return False
            self._pokes -= 1
            self._free -= 1
        return True

    def _work_on(self) -> bool:
        """Claims and runs; False when this slot has been given up meanwhile.

        When more waited than was claimed, the next slot has been poked already; for what came later it rang.
        """
        vacate = Vacating(self._vacated)
        try:
            leases = self._claim(vacate)
            try:
                attempt(leases)
            finally:
                mine = len(self._forget(leases)) == len(leases)
        except (OperationalError, InterfaceError) as error:
            logger.warning("slot_without_database", error=str(error).strip())
            self._recover()
        except Exception:  # a slot that ended would be missing for the life of the process
            logger.exception("slot_failed")
            self._recover()
        else:
            return mine
        finally:
            vacate()
        return True

    def _vacated(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify()
            self._room.notify()

    def _recover(self) -> None:
        connection.close()
        self._closing.wait(RETRY_SECONDS)
        self.poke()

    def _claim(self, vacate: Vacating) -> list[Lease]:
        """The fairest waiting tickets become running executions, in one transaction over their schemas."""
        claimed: list[Claimed] = []
        started: dict[UUID, Lease] = {}
        try:
            with public_context(), transaction.atomic():
                batch = ticket_claim(
                    queues=self.identity.queues,
                    worker=self.identity.name,
                    limit=1,
                    lease_seconds=self.lease_seconds,
                    bulk_limit=TOGETHER,
                    bulk_kinds=instant_kinds(),
                )
                claimed += batch.tickets
                for schema, tickets in groupby(sorted(claimed, key=attrgetter("schema")), attrgetter("schema")):
                    with tenant_context(schema):
                        leases = executions_start(claimed=list(tickets), worker=self.identity.name, now=timezone.now())
                    started |= {lease.execution_id: lease for lease in leases}
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # what a kind does wrong must not keep the others from starting
            logger.exception("start_failed", execution_ids=[str(ticket.execution_id) for ticket in claimed])
            connection.close()  # it may know statements that a migration has made void
            tickets_postpone(execution_ids=[ticket.execution_id for ticket in claimed], seconds=POSTPONE_SECONDS)
            return []
        for lease in started.values():
            lease.renewed(asked_at=batch.asked_at, lease_seconds=self.lease_seconds)
            if len(started) == 1:
                lease.vacate = vacate
        with self._changed:
            self._leases |= {lease.token: lease for lease in started.values()}
            self._vacating |= {lease.token: vacate for lease in started.values()}
        if batch.more or len(started) < len(claimed):
            self.poke()  # another slot, or this one when it is done
        return [started[ticket.execution_id] for ticket in claimed if ticket.execution_id in started]

    def _forget(self, leases: list[Lease]) -> list[Vacating]:
        """What gives the slot back, for each of the leases that was still held."""
        with self._changed:
            held = [lease for lease in leases if self._leases.pop(lease.token, None) is not None]
            vacating = [self._vacating.pop(lease.token) for lease in held]
            self._changed.notify_all()
        return vacating

    # -- the heart's last resort

    def give_up_if_overdue(self, lease: Lease) -> None:
        """A kind that keeps no time limit loses its execution, and its slot to a new one."""
        allowed = lease.timeout_seconds + self.kill_seconds + OVERDUE_SECONDS
        if time.monotonic() - lease.began < allowed or not (forgotten := self._forget([lease])):
            return
        logger.error("attempt_overdue", execution_id=str(lease.execution_id), kind=lease.kind)
        lease.control.lost.set()
        [vacate] = forgotten  # lease.vacate does nothing where the slot took several
        vacate()
        if not vacate.replaced:
            vacate.replaced = True
            self._open_one()
        with tenant_context(lease.schema):
            try:
                execution_finish(lease, Outcome(Status.FAILED, error_message="TIMEOUT"), now=timezone.now())
            except LeaseLost:
                logger.info("attempt_overdue_and_lost", execution_id=str(lease.execution_id))
