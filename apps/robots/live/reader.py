"""What storage knows of a run's log: read in threads of its own, so that no viewer waits for another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, TypeVar
from uuid import UUID

from channels.db import DatabaseSyncToAsync

from apps.executions.models import Execution, LogChunk
from apps.executions.selectors import log_chunks, queue_position
from apps.robots.live.frames import Piece
from apps.robots.selectors.runs import status_word
from apps.tenants.context import tenant_context

T = TypeVar("T")
THREADS = 8
_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="live-log")


@dataclass(frozen=True, slots=True)
class State:
    """How a run was at one moment; two are equal when a viewer need not be told."""

    word: str
    progress: dict[str, Any]
    queue: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one moment, with what its log holds after a number; ``more`` when there is more than was read."""

    state: State
    is_finished: bool
    last_seq: int
    exit_code: int | None
    pieces: deque[Piece]
    more: bool

    @property
    def size(self) -> int:
        """About the bytes of its lines."""
        return sum(len(line[3]) + 64 for piece in self.pieces for line in piece.lines)


async def read_snapshot(schema: str, run_id: UUID, *, after: int, chunks: int) -> Snapshot | None:
    """The same from asynchronous code."""
    return await _in_background(schema, lambda: snapshot_of(run_id, after=after, chunks=chunks))


def snapshot_of(run_id: UUID, *, after: int, chunks: int) -> Snapshot | None:
    """Reads from storage, in the current organization; None when the run is gone."""
    # The run first, its lines second: a run that is over has all its lines stored by then.
    execution = Execution.objects.filter(pk=run_id).first()
    if execution is None:
        return None
    stored = log_chunks(execution_id=run_id, after=after, limit=chunks) if execution.last_seq > after else []
    found = deque(piece_of(chunk) for chunk in stored)
    return Snapshot(
        state=_state(execution),
        is_finished=execution.is_finished,
        last_seq=execution.last_seq,
        exit_code=execution.exit_code,
        pieces=found,
        more=len(found) >= chunks,
    )


def piece_of(chunk: LogChunk) -> Piece:
    """A stored chunk as viewers are told of it."""
    return Piece(chunk.first_seq, chunk.last_seq, chunk.lines, chunk.gap_reason)


def _state(execution: Execution) -> State:
    progress = {
        "done": execution.progress_done,
        "total": execution.progress_total,
        "message": execution.progress_message,
    }
    queue = queue_position(execution)
    return State(status_word(execution.status), progress, asdict(queue) if queue else None)


async def _in_background(schema: str, read: Callable[[], T]) -> T:
    def call() -> T:
        with tenant_context(schema):
            return read()

    result: T = await DatabaseSyncToAsync(call, thread_sensitive=False, executor=_pool)()
    return result
