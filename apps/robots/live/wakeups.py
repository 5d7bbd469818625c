"""Wake-ups from the channel layer: quick when they come, and nothing is lost when they do not."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from apps.robots.live.frames import Piece

MOST_PIECES = 64
RETRY_SECONDS = 2.0
logger = structlog.get_logger(__name__)
_listeners: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Listener]] = WeakKeyDictionary()
_listening: set[asyncio.Task[None]] = set()


class WakeUps:
    """What one viewer has heard since last asked: pieces of the log, or only that something is new."""

    def __init__(self) -> None:
        self._pieces: deque[Piece] = deque()
        self._look = False
        self._heard = asyncio.Event()
        self._listener: Listener | None = None

    def hear(self, piece: Piece | None) -> None:
        """Takes a piece, or that there is something to look for. Too many at once are forgotten; storage has them."""
        if piece is not None and len(self._pieces) < MOST_PIECES:
            self._pieces.append(piece)
        else:
            self._pieces.clear()
            self._look = True
        self._heard.set()

    def look(self) -> None:
        """Asks for a look into storage."""
        self._look = True
        self._heard.set()

    async def wait(self, seconds: float) -> tuple[list[Piece], bool]:
        """What was heard, and whether to look into storage: always after ``seconds`` of silence."""
        try:
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        except TimeoutError:
            return [], True
        pieces, look = list(self._pieces), self._look
        self._pieces.clear()
        self._look = False
        self._heard.clear()
        return pieces, look

    def start(self, group: str) -> None:
        """Begins to hear a group; while Redis is away, viewers live on looks into storage."""
        known = _listeners.setdefault(asyncio.get_running_loop(), {})
        if group not in known:
            known[group] = Listener(group)
        self._listener = known[group]
        self._listener.viewers.add(self)

    def stop(self) -> None:
        """Hears no more. What there is to clear up happens in its own time: nobody waits for Redis."""
        if self._listener is not None:
            self._listener.leave(self)


class Listener:
    """Hears a group once for all its viewers in this process: each message is read once, and its frames made once."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.viewers: set[WakeUps] = set()
        self._stopped = asyncio.Event()
        task = asyncio.create_task(self._run())
        _listening.add(task)
        task.add_done_callback(_listening.discard)

    def leave(self, viewer: WakeUps) -> None:
        self.viewers.discard(viewer)
        if not self.viewers:
            self._stopped.set()
            known = _listeners.get(asyncio.get_running_loop(), {})
            if known.get(self.group) is self:
                del known[self.group]  # who comes now begins anew

    async def _run(self) -> None:
        # Never cancelled: a cancelled command would end the connection that all viewers of the process share.
        while not self._stopped.is_set():
            try:
                await self._listen()
            except (OSError, RedisError) as error:
                logger.warning("wakeups_unavailable", error=str(error))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RETRY_SECONDS):
                        await self._stopped.wait()

    async def _listen(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(self.group, channel)
        for viewer in self.viewers:
            viewer.look()
        stopped = asyncio.create_task(self._stopped.wait())
        receiving = asyncio.create_task(self._receive(layer, channel))
        try:
            await asyncio.wait({receiving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            try:
                await layer.group_discard(self.group, channel)
            finally:  # also where Redis is away: nobody else ends them
                for task in (stopped, receiving):
                    task.cancel()
                await asyncio.gather(stopped, receiving, return_exceptions=True)

    async def _receive(self, layer: Any, channel: str) -> None:
        """Waits in memory only, so it may be cancelled; the layer then forgets the channel."""
        while True:
            piece = _piece_of(await layer.receive(channel))
            for viewer in self.viewers:
                viewer.hear(piece)


def _piece_of(message: Mapping[str, Any]) -> Piece | None:
    """The lines a message brings; None for one that tells of a gap, a change, or of more than is sent about."""
    if message["type"] == "execution.log" and message["lines"]:
        return Piece(message["first_seq"], message["last_seq"], message["lines"], whole=[])
    return None
