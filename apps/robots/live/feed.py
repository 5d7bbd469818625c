"""The log of one run for one viewer: every line once, in order, none missing, and how the run is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from uuid import UUID

from apps.robots.live import frames
from apps.robots.live.frames import Frame, Piece
from apps.robots.live.outbox import Outbox
from apps.robots.live.reader import Snapshot, State, read_snapshot
from apps.robots.live.wakeups import WakeUps

IDLE_SECONDS = 2.0
LOOK_AT_MOST_EVERY_SECONDS = 0.1
# What was read and waits for room counts as well in what a viewer costs, so little is read at a time.
FEW_CHUNKS, MANY_CHUNKS = 1, 512
SMALL_BYTES, LARGE_BYTES = 64 * 1024, 256 * 1024


class RunGone(Exception):
    """The run was removed while somebody watched it."""


def closing_frames(run_id: UUID, cursor: int, snapshot: Snapshot) -> Iterator[Frame]:
    """What is said after the last stored line: how the run is and, if it is over, lines lost to storage and the end."""
    yield _status(run_id, snapshot.state)
    if snapshot.is_finished:
        if cursor < snapshot.last_seq:
            yield frames.gap(run_id, cursor + 1, snapshot.last_seq, "not stored")
        yield frames.end(run_id, word=snapshot.state.word, last_seq=snapshot.last_seq, exit_code=snapshot.exit_code)


def _status(run_id: UUID, state: State) -> Frame:
    return frames.status(run_id, word=state.word, progress=state.progress, queue=state.queue)


class Feed:
    """Reads storage from the cursor on, forwards wake-ups that continue it, and looks again wherever one is missing."""

    def __init__(self, *, schema: str, run_id: UUID, after: int, outbox: Outbox, wakeups: WakeUps) -> None:
        self._schema = schema
        self._run_id = run_id
        self._cursor = after
        self._outbox = outbox
        self._wakeups = wakeups
        self._told: State | None = None
        self._chunks = FEW_CHUNKS

    async def follow(self) -> None:
        """Runs until the run is over and everything was sent. Raises ``ViewerStalled``, ``RunGone``."""
        while True:
            snapshot = await self._look()
            if snapshot.is_finished and not snapshot.more:
                return await self._finish(snapshot)
            if not snapshot.more:
                await self._wait()

    async def _look(self) -> Snapshot:
        snapshot = await read_snapshot(self._schema, self._run_id, after=self._cursor, chunks=self._chunks)
        if snapshot is None:
            raise RunGone
        if snapshot.state != self._told and not snapshot.is_finished:
            await self._tell(snapshot.state)
        self._adapt(snapshot)
        while snapshot.pieces:
            await self._forward(snapshot.pieces.popleft())  # not kept while the next one waits for room
        return snapshot

    async def _tell(self, state: State) -> None:
        self._told = state
        await self._outbox.put(_status(self._run_id, state))

    async def _forward(self, piece: Piece) -> None:
        waiting = deque(frames.frames_after(self._run_id, self._cursor, piece))
        del piece  # of what waits for room, frames alone are kept, and none that was sent
        while waiting:
            frame = waiting.popleft()
            await self._outbox.put(frame)
            self._cursor = frame.seq or self._cursor  # frames of lines all have one

    async def _wait(self) -> None:
        """Forwards what wakes it as long as that continues the cursor; returns when storage must be looked at."""
        while True:
            pieces, look = await self._wakeups.wait(IDLE_SECONDS)
            if not await self._forward_all(pieces) or look:
                await asyncio.sleep(LOOK_AT_MOST_EVERY_SECONDS)
                return

    async def _forward_all(self, pieces: Iterable[Piece]) -> bool:
        for piece in pieces:
            if piece.first_seq > self._cursor + 1:
                return False
            await self._forward(piece)
        return True

    async def _finish(self, snapshot: Snapshot) -> None:
        for frame in closing_frames(self._run_id, self._cursor, snapshot):
            await self._outbox.put(frame)
        await self._outbox.flush()

    def _adapt(self, snapshot: Snapshot) -> None:
        """Many small chunks at once, few large ones."""
        if snapshot.more and snapshot.size < SMALL_BYTES:
            self._chunks = min(self._chunks * 2, MANY_CHUNKS)
        elif snapshot.size > LARGE_BYTES:
            self._chunks = max(self._chunks // 2, 1)
