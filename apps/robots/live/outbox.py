"""What waits to be sent to one viewer: bounded, so that a viewer who does not read costs no more than that."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from apps.robots.live.frames import Frame


class ViewerStalled(Exception):
    """The buffer is full and the viewer has read nothing for too long."""


class Outbox:
    """A queue in bytes between the one who reads the log and the one who sends it.

    ``put`` waits while it is full, so a slow viewer only slows itself; one who reads nothing at all for
    ``stall_seconds`` while ``put`` or ``flush`` wait is given up with ``ViewerStalled``.
    """

    def __init__(self, send: Callable[[Frame], Awaitable[None]], *, capacity: int, stall_seconds: float) -> None:
        self._send = send
        self._capacity = capacity
        self._stall_seconds = stall_seconds
        self._frames: deque[Frame] = deque()
        self._filled = asyncio.Event()
        self._sent = asyncio.Event()
        self.size = 0

    async def put(self, frame: Frame) -> None:
        """Adds a frame once there is room; raises ``ViewerStalled``. One task at a time."""
        while not self.offer(frame):
            await self._progress()

    def offer(self, frame: Frame) -> bool:
        """Adds a frame if there is room now. One frame always fits, however large."""
        if self.size and self.size + len(frame.data) > self._capacity:
            return False
        self._frames.append(frame)
        self.size += len(frame.data)
        self._filled.set()
        return True

    async def flush(self) -> None:
        """Waits until everything was sent; raises ``ViewerStalled``."""
        while self.size:
            await self._progress()

    async def _progress(self) -> None:
        self._sent.clear()
        try:
            async with asyncio.timeout(self._stall_seconds):
                await self._sent.wait()
        except TimeoutError as error:
            raise ViewerStalled from error

    async def run(self) -> None:
        """Sends, one frame after the other, until it is cancelled or the viewer is gone."""
        while True:
            await self._filled.wait()
            while self._frames:
                frame = self._frames.popleft()
                await self._send(frame)
                self.size -= len(frame.data)
                self._sent.set()
            self._filled.clear()
