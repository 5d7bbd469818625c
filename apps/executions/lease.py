"""What a kind of work holds while it runs: the right to write for one execution, until it is taken away."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from apps.common.actor import Actor
from apps.executions.models import Status

SAFETY = 1 / 6  # of a lease: so much sooner than PostgreSQL its holder takes it for ended


def good_until(asked_at: float, lease_seconds: float) -> float:
    """How long a lease holds that PostgreSQL gave or prolonged after ``asked_at``, by the same clock."""
    return asked_at + lease_seconds * (1 - SAFETY)


class Wish(threading.Event):
    """An event that also calls whoever asked for that, for a thread that waits for the database hears of no event."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []

    def then(self, call: Callable[[], None]) -> None:
        """Calls once it is set, in the thread that sets it, or now when it is set already. The call must be quick."""
        with self._lock:
            if not self.is_set():
                self._calls.append(call)
                return
        call()

    def set(self) -> None:
        with self._lock:
            super().set()
            calls, self._calls = self._calls, []
        for call in calls:
            call()


class Vacating:
    """Gives a slot back, whoever says so first, once."""

    def __init__(self, free: Callable[[], None]) -> None:
        self._free = free
        self._lock = threading.Lock()
        self._done = False
        self.replaced = False  # whether another thread was begun for the one that hangs in this slot

    def __call__(self) -> None:
        with self._lock:
            done, self._done = self._done, True
        if not done:
            self._free()


@dataclass(frozen=True, slots=True)
class Control:
    """What the running work must watch.

    ``cancelled``: somebody asked to stop; stop, then return an outcome with status cancelled.
    ``lost``: the lease is gone, or the worker must end now; kill what was started and return, nothing can be written.
    """

    cancelled: Wish = field(default_factory=Wish)
    lost: Wish = field(default_factory=Wish)


@dataclass(slots=True, eq=False)
class Lease:
    """One attempt at one execution. ``last_seq`` numbers the last stored log line, of whatever attempt.

    ``good_until`` is by the monotonic clock: until then nobody else can have been given the execution. A kind may call
    ``vacate`` when only writing is left to do: the slot takes the next execution then.
    """

    execution_id: UUID
    schema: str
    token: UUID
    attempt: int
    max_attempts: int
    kind: str
    queue: str
    timeout_seconds: int
    worker: str
    trace_id: str
    last_seq: int = 0
    waited_seconds: float = 0
    control: Control = field(default_factory=Control)
    began: float = field(default_factory=time.monotonic)
    good_until: float = math.inf
    vacate: Callable[[], None] = lambda: None

    def renewed(self, *, asked_at: float, lease_seconds: float) -> None:
        """PostgreSQL has let the lease last ``lease_seconds`` from a moment after ``asked_at``, a monotonic time."""
        self.good_until = good_until(asked_at, lease_seconds)

    @property
    def is_lost(self) -> bool:
        """Whether the lease is gone, or may be for all that is known here."""
        return self.control.lost.is_set() or time.monotonic() >= self.good_until

    @property
    def actor(self) -> Actor:
        """In whose name the work writes: the program's own, in its organization, under the execution's trace."""
        return Actor.system("worker", schema=self.schema, trace_id=self.trace_id)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: completed, failed or cancelled. ``retryable`` lets a failure use up another attempt."""

    status: Status
    exit_code: int | None = None
    error_message: str = ""
    retryable: bool = False

    def __post_init__(self) -> None:
        if self.status not in {Status.COMPLETED, Status.FAILED, Status.CANCELLED}:
            raise ValueError(f"an attempt cannot end as {self.status}")
