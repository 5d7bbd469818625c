"""Wake-ups for whoever watches an execution live: hints on the channel layer, which may be lost.

One thread with an event loop sends for the whole process. Callers never wait for Redis and never fail because of it;
when it cannot keep up, or is away, hints are dropped: readers find the truth in PostgreSQL.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from apps.tenants.channels import group_name

logger = structlog.get_logger(__name__)
Message = dict[str, Any]
MAXIMUM_WAITING = 2_000
MAXIMUM_CHARACTERS = 256 * 1024
CARRIED_BEHIND = 64
SEND_SECONDS = 2.0
COMPLAIN_EVERY_SECONDS = 60.0


class Waker:
    """Sends messages to groups, in order, from a thread of its own; drops the oldest when too many wait."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, Message]] = deque(maxlen=MAXIMUM_WAITING)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop
        self._bell: asyncio.Event
        self._pid = 0
        self._complained_at = float("-inf")

    @property
    def behind(self) -> bool:
        """Whether so much waits that lines should be fetched instead of kept here in memory."""
        return len(self._waiting) > CARRIED_BEHIND

    def send(self, group: str, message: Message) -> None:
        self._waiting.append((group, message))
        loop, bell = self._running()
        if not bell.is_set():
            loop.call_soon_threadsafe(bell.set)

    def _running(self) -> tuple[asyncio.AbstractEventLoop, asyncio.Event]:
        if self._pid != os.getpid():  # threads do not survive a fork
            with self._lock:
                if self._pid != os.getpid():
                    self._loop, self._bell = asyncio.new_event_loop(), asyncio.Event()
                    threading.Thread(target=self._run, name="waker", daemon=True).start()
                    self._pid = os.getpid()
        return self._loop, self._bell

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._deliver())

    async def _deliver(self) -> None:
        while True:
            while self._waiting:
                await self._send(*self._waiting.popleft())
            self._bell.clear()
            if not self._waiting:
                await self._bell.wait()

    async def _send(self, group: str, message: Message) -> None:
        layer = get_channel_layer()
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await layer.group_send(group, message)
        except (RedisError, OSError, TimeoutError) as error:
            self._waiting.clear()
            if time.monotonic() - self._complained_at > COMPLAIN_EVERY_SECONDS:
                self._complained_at = time.monotonic()
                logger.warning("wakeup_not_sent", group=group, error=str(error))


_waker = Waker()


def execution_group(execution_id: UUID) -> str:
    """The channel group of one execution of the current organization."""
    return group_name("execution", execution_id)


def wake_changed(group: str) -> None:
    """Tells that status or progress changed. Call it after commit."""
    _waker.send(group, {"type": "execution.changed"})


def wake_log(group: str, *, first_seq: int, last_seq: int, lines: Sequence[Sequence[str]]) -> None:
    """Hands on new lines, as they were stored: ``[timestamp, level, stream, message]``. Call it after commit.

    ``lines`` is empty for a gap, and where there is too much to be sent about; readers fetch that.
    """
    small = not _waker.behind and sum(len(line[3]) for line in lines) <= MAXIMUM_CHARACTERS
    _waker.send(
        group,
        {
            "type": "execution.log",
            "first_seq": first_seq,
            "last_seq": last_seq,
            "lines": [list(line) for line in lines] if small else [],
        },
    )
