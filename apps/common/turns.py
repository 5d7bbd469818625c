"""So many at once, and whoever gets no turn in the time they have is refused: in this process, or one over all of them.

For what may at worst be done twice; what must not is locked in PostgreSQL.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf

from django.conf import settings
from django.db import connection
from redis.lock import Lock

from apps.common.errors import TooManyRequests
from apps.common.redis import RedisAway, redis_or_away


class Turns:
    """At most ``most`` turns at once in this process, ``of_each`` of one name; each lasts ``lasting`` seconds or so."""

    def __init__(self, most: float, *, of_each: float = inf, lasting: float) -> None:
        self._most, self._of_each, self._lasting = most, of_each, lasting
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    def take(self, name: str = "", *, seconds: float = 0, lasting: float | None = None) -> None:
        """Takes a turn within ``seconds``; any thread may give it back. Raises ``TooManyRequests``.

        That tells to come back after ``lasting``, where turns of this name last otherwise than most.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_free(name), timeout=seconds):
                raise TooManyRequests(retry_after=self._lasting if lasting is None else lasting)
            self._taken[name] += 1

    def give_back(self, name: str = "") -> None:
        """Ends a turn."""
        with self._changed:
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]
            self._changed.notify_all()

    @contextmanager
    def taken(self, name: str = "", *, seconds: float = 0, lasting: float | None = None) -> Iterator[None]:
        """A turn for the length of a block, as of :meth:`take`. Raises ``TooManyRequests``."""
        self.take(name, seconds=seconds, lasting=lasting)
        try:
            yield
        finally:
            self.give_back(name)

    def _is_free(self, name: str) -> bool:
        return self._taken.total() < self._most and self._taken[name] < self._of_each


_own = Turns(inf, of_each=1, lasting=1)
_tables = Turns(max(settings.ENV.web_threads // 8, 1), of_each=1, lasting=10)


@contextmanager
def only_one(name: str, *, seconds: float) -> Iterator[None]:
    """The one turn of its name in all threads and processes, without waiting for it; each organization has its own.

    It ends with the block, or after ``seconds`` where this process dies in it. Goes through Redis, and counts in this
    process alone while Redis is away. Raises ``TooManyRequests``.
    """
    key = f"oficina:turns:{getattr(connection, 'schema_name', '')}:{name}"
    with _own.taken(key, lasting=seconds):
        lock = _acquired(key, seconds)
        try:
            yield
        finally:
            if lock is not None:
                with suppress(RedisAway), redis_or_away():  # else it ends by itself
                    lock.release()


@contextmanager
def table_turn() -> Iterator[None]:
    """The organization's one turn, in this process, at reading or writing a table, of a thousand lines at worst.

    That keeps a thread busy for many seconds: an eighth of them at most, or one, so that everything else is answered.
    Raises ``TooManyRequests``.
    """
    with _tables.taken(getattr(connection, "schema_name", "")):
        yield


def _acquired(key: str, seconds: float) -> Lock | None:
    try:
        with redis_or_away() as client:
            lock: Lock = client.lock(key, timeout=seconds, blocking=False, thread_local=False)
            if not lock.acquire():
                raise TooManyRequests(retry_after=seconds)
    except RedisAway:
        return None
    return lock
