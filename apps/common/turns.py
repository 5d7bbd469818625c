"""One at a time, over all threads and processes: through Redis, in this process alone while Redis is away.

For what may at worst be done twice; what must not is locked in PostgreSQL.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connection
from redis.lock import Lock

from apps.common.redis import RedisAway, redis_or_away

_own: set[str] = set()
_guard = threading.Lock()


@contextmanager
def only_one(name: str, *, seconds: float) -> Iterator[bool]:
    """Yields whether the turn is ours, without waiting for it; each organization has its own.

    It ends with the block, or after ``seconds`` where this process dies in it.
    """
    key = f"oficina:turns:{getattr(connection, 'schema_name', '')}:{name}"
    with _guard:
        ours = key not in _own
        _own.add(key)
    if not ours:
        yield False
        return
    lock: Lock | None = None
    try:
        lock, ours = _acquired(key, seconds)
        yield ours
    finally:
        with _guard:
            _own.discard(key)
        if lock is not None and ours:
            with suppress(RedisAway), redis_or_away():  # else it ends by itself
                lock.release()


def _acquired(key: str, seconds: float) -> tuple[Lock | None, bool]:
    try:
        with redis_or_away() as client:
            lock = client.lock(key, timeout=seconds, blocking=False, thread_local=False)
            return lock, bool(lock.acquire())
    except RedisAway:
        return None, True
