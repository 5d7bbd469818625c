"""Wake-ups for whoever watches an execution live: hints on the channel layer, which may be lost.

One thread sends for the whole process. Callers never wait for Redis and never fail because of it;
when it cannot keep up, or is away, hints are dropped: readers find the truth in PostgreSQL.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from channels.layers import get_channel_layer
from django.conf import settings

from apps.common.redis import Complaint, RedisAway, redis_or_away
from apps.common.threads import forever
from apps.tenants.channels import group_name

logger = structlog.get_logger(__name__)
Message = dict[str, Any]
MAXIMUM_WAITING = 2_000
MAXIMUM_CHARACTERS = 256 * 1024
CARRIED_BEHIND = 64


class Waker:
    """Sends messages to groups, in order, from a thread of its own; drops the oldest when too many wait.

    It publishes what the channel layer would, without its event loop, which takes nearly twice as long.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, Message]] = deque(maxlen=MAXIMUM_WAITING)
        self._lock = threading.Lock()
        self._bell = threading.Event()
        self._pid = 0
        self._complaint = Complaint(logger)

    @property
    def behind(self) -> bool:
        """Whether so much waits that lines should be fetched instead of kept here in memory."""
        return len(self._waiting) > CARRIED_BEHIND

    def send(self, group: str, message: Message) -> None:
        self._waiting.append((group, message))
        if self._pid != os.getpid():  # threads do not survive a fork
            self._start()
        self._bell.set()

    def _start(self) -> None:
        with self._lock:
            if self._pid != os.getpid():
                self._bell = threading.Event()
                threading.Thread(target=forever, args=[self._deliver_next], name="waker", daemon=True).start()
                self._pid = os.getpid()

    def _deliver_next(self) -> None:
        while not self._waiting:
            self._bell.wait()
            self._bell.clear()
        group, message = self._waiting.popleft()
        try:
            _publish(group, message)
        except RedisAway as error:
            self._complaint.make("wakeup_not_sent", error)
            self._waiting.clear()


def _publish(group: str, message: Message) -> None:
    with redis_or_away() as client:
        client.publish(f"{settings.CHANNEL_PREFIX}__group__{group}", get_channel_layer().serialize(message))


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
