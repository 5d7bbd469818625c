"""What a kind of work holds while it runs: the right to write for one execution, until it is taken away."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from apps.common.actor import Actor
from apps.executions.models import Status


@dataclass(frozen=True, slots=True)
class Control:
    """What the running work must watch.

    ``cancelled``: somebody asked to stop; stop, then return an outcome with status cancelled.
    ``lost``: the lease is gone, or the worker must end now; kill what was started and return, nothing can be written.
    """

    cancelled: threading.Event = field(default_factory=threading.Event)
    lost: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True, eq=False)
class Lease:
    """One attempt at one execution. ``last_seq`` numbers the last stored log line, of whatever attempt."""

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
