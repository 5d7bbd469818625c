"""The doorbell: a word in Redis that says nothing but "something waits in this queue".

Ringing never blocks and never fails. A thread sends, so that a slow or absent Redis costs the caller nothing, and many
rings within a moment become one. A ring waits for a worker with a free slot, and one of them takes it. A ring that is
lost costs at most a beat of a worker's heart, which looks for itself; what is to be done stands in PostgreSQL.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable, Sequence

import redis
import structlog
from django.conf import settings

from apps.common.redis import Complaint, RedisAway, redis_or_away
from apps.common.threads import forever

logger = structlog.get_logger(__name__)

EXPIRES_SECONDS = 60
MOMENT_SECONDS = 0.01
LONGEST_MOMENT_SECONDS = 0.05
LISTEN_SECONDS = 1.0
AWAY_SECONDS = 0.5
_KEY = "dispatch:ring:"


def key_of(queue: str) -> str:
    """The list in Redis where a ring of a queue waits to be heard."""
    return f"{_KEY}{queue}"


def queue_of(key: bytes | str) -> str:
    """The queue whose rings wait there."""
    return (key.decode() if isinstance(key, bytes) else key).removeprefix(_KEY)


class Ringer:
    """Sends rings from a thread of its own: at once, then at most one per queue and moment.

    Moments grow while it rings without a pause: who takes work then takes more of it at a time.
    """

    def __init__(self) -> None:
        self._wanted: set[str] = set()
        self._changed = threading.Condition()
        self._sending = False
        self._moment = MOMENT_SECONDS
        self._pid = 0
        self._complaint = Complaint(logger)

    def ring(self, queue: str) -> None:
        with self._changed:
            if self._pid != os.getpid():  # threads do not survive a fork
                self._pid = os.getpid()
                threading.Thread(target=forever, args=[self._send_next], name="ringer", daemon=True).start()
            self._wanted.add(queue)
            self._changed.notify_all()
        time.sleep(0)  # lets the thread send now, instead of when this one next waits for something

    def flush(self, seconds: float) -> bool:
        """Waits until everything was sent, or tried in vain; returns whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._wanted and not self._sending, seconds)

    def _send_next(self) -> None:
        with self._changed:
            self._sending = False
            self._changed.notify_all()
            self._moment = min(1.5 * self._moment, LONGEST_MOMENT_SECONDS) if self._wanted else MOMENT_SECONDS
            self._changed.wait_for(lambda: self._wanted)
            queues, self._wanted = self._wanted, set()
            self._sending = True
        try:
            _send(queues)
        except RedisAway as error:
            self._complaint.make("ring_not_sent", error)
        time.sleep(self._moment)


def _send(queues: set[str]) -> None:
    """One ring for each queue; where one waits already, it stays the only one: they do not pile up unheard."""
    with redis_or_away() as client:
        asked = client.pipeline(transaction=False)
        for key in map(key_of, queues):
            asked.rpush(key, "")
            asked.ltrim(key, 0, 0)
            asked.expire(key, EXPIRES_SECONDS)
        asked.execute()


class Bell(threading.Thread):
    """Hears the rings of a worker's queues, one after the other, as long as the worker has room for more.

    ``room`` waits so many seconds for it, and says whether there is any. While Redis is away it hears nothing.
    """

    def __init__(self, queues: Sequence[str], *, room: Callable[[float], bool], answer: Callable[[], None]) -> None:
        super().__init__(name="bell", daemon=True)
        self._keys = [key_of(queue) for queue in queues]
        self._room, self._answer = room, answer
        self._ended = threading.Event()
        self._complaint = Complaint(logger)
        self._client = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=LISTEN_SECONDS,
            socket_timeout=2 * LISTEN_SECONDS,
        )

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                if self._room(LISTEN_SECONDS) and (heard := self._client.blpop(self._keys, timeout=LISTEN_SECONDS)):
                    self._take(queue_of(heard[0]))
            except redis.RedisError as error:
                self._complaint.make("rings_not_heard", error)
                self._ended.wait(AWAY_SECONDS)
            except Exception:  # a worker without ears would start everything half a second late
                logger.exception("bell_failed")
                self._ended.wait(AWAY_SECONDS)

    def _take(self, queue: str) -> None:
        """Answers a ring, or leaves it to another worker where this one has begun to close meanwhile."""
        if self._ended.is_set():
            ring(queue)
        else:
            self._answer()

    def stop(self) -> None:
        """Ends the thread within a second or two."""
        self._ended.set()


_ringer = Ringer()


def ring(queue: str) -> None:
    """Tells workers that something waits in a queue: soon, once, or not at all. Call it after commit."""
    _ringer.ring(queue)


@atexit.register
def flush(seconds: float = 1.0) -> bool:
    """Waits until the rings of this process were sent; a short-lived command does so when it ends."""
    return _ringer.flush(seconds)
