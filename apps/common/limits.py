"""Rate limits: moving windows counted atomically in Redis, in this process alone while Redis is away."""

from __future__ import annotations

import time
from functools import lru_cache

from django.db import connection
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool

from apps.common.errors import TooManyRequests
from apps.common.redis import RedisAway, redis_or_away, redis_pool

namespace = "http"
"""First part of every key; tests give each test its own, so that none spends another's rate."""

_own = MovingWindowRateLimiter(MemoryStorage())


@lru_cache(maxsize=64)
def _items(rate: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse_many(rate))


@lru_cache(maxsize=1)
def _shared(pool: ConnectionPool) -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(RedisStorage("redis://", connection_pool=pool, key_prefix="oficina:limits"))


def hit(rate: str, *identifiers: str, uses: int = 1) -> None:
    """Counts one use for the identifiers, or several at once; raises ``TooManyRequests`` when the rate is spent.

    The error tells the seconds to wait; of several uses all are counted or none.
    ``rate`` is in the notation of the ``limits`` library (``"5/minute"``, ``"5/minute; 100/day"``). Counted apart for
    each organization: the current schema is part of the key.
    """
    _count(rate, (namespace, getattr(connection, "schema_name", ""), *identifiers), uses)


def hit_everywhere(rate: str, *identifiers: str) -> None:
    """Like :func:`hit`, counted once over all organizations: for addresses, which may ask at any host."""
    _count(rate, (namespace, "", *identifiers), 1)


def _count(rate: str, identifiers: tuple[str, ...], uses: int) -> None:
    try:
        with redis_or_away():
            _hit(_shared(redis_pool()), rate, identifiers, uses)
    except RedisAway:
        _hit(_own, rate, identifiers, uses)


def _hit(limiter: MovingWindowRateLimiter, rate: str, identifiers: tuple[str, ...], uses: int) -> None:
    for item in _items(rate):
        if not limiter.hit(item, *identifiers, cost=uses):
            reset = limiter.get_window_stats(item, *identifiers).reset_time
            raise TooManyRequests(retry_after=max(reset - time.time(), 1))
