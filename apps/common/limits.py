"""Rate limits: moving windows counted atomically in Redis, in this process alone while Redis is away."""

from __future__ import annotations

import time
from functools import lru_cache

from django.db import connection
from limits import RateLimitItem, RateLimitItemPerSecond, parse_many
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool

from apps.common.errors import TooManyRequests
from apps.common.redis import RedisAway, redis_or_away, redis_pool
from apps.common.shares import Held

namespace = "http"
"""First part of every key; tests give each test its own, so that none spends another's rate."""

SPENT_WITHIN_SECONDS = 1
_MOST_AT_ONCE, _SHARE, _SHORTEST_WINDOW = 16, 50, 60  # at most a fiftieth of a rate; no rates by the second

_own = MovingWindowRateLimiter(MemoryStorage())
_held = Held()


@lru_cache(maxsize=64)
def _items(rate: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse_many(rate))


@lru_cache(maxsize=64)
def _longer(rate: str) -> tuple[RateLimitItem, ...]:
    """The same amounts over windows as much longer as a use may come after it was counted."""
    return tuple(RateLimitItemPerSecond(item.amount, item.get_expiry() + SPENT_WITHIN_SECONDS) for item in _items(rate))


@lru_cache(maxsize=1)
def _shared(pool: ConnectionPool) -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(RedisStorage("redis://", connection_pool=pool, key_prefix="oficina:limits"))


def hit(rate: str, *identifiers: str, uses: int = 1) -> None:
    """Counts one use for the identifiers, or several at once; raises ``TooManyRequests`` when the rate is spent.

    The error tells the seconds to wait; of several uses all are counted or none.
    ``rate`` is in the notation of the ``limits`` library (``"5/minute"``, ``"5/minute; 100/day"``). Counted apart for
    each organization: the current schema is part of the key.
    """
    _count(_items(rate), (namespace, getattr(connection, "schema_name", ""), *identifiers), uses)


def hit_everywhere(rate: str, *identifiers: str) -> None:
    """Like :func:`hit`, counted once over all organizations: for addresses, which may ask at any host."""
    _count(_items(rate), (namespace, "", *identifiers), 1)


def hit_in_shares(rate: str, *identifiers: str, held: Held = _held) -> None:
    """Like :func:`hit` of one use, for what every request counts: Redis is not asked each time.

    Who asks often, of a high rate, is given several uses at once, which this process hands out within a second; each
    share is twice the last one, and near the end of the rate they are single again. So there are never more uses than
    the rate allows, in all processes together; the window is a second longer for that. Who stops in the middle of a
    share leaves the rest of it unused.
    """
    items, key = _items(rate), (namespace, getattr(connection, "schema_name", ""), *identifiers)
    most = min(_MOST_AT_ONCE, *(item.amount // _SHARE for item in items))
    if most <= 1 or any(item.get_expiry() < _SHORTEST_WINDOW for item in items):
        _count(items, key, 1)
        return
    now = time.monotonic()
    if held.take((rate, *key), now=now):
        return
    size, longer = held.next_size((rate, *key), most=most, now=now), _longer(rate)
    try:
        _count(longer, key, size)
    except TooManyRequests:
        if size == 1:
            raise
        size = 1
        _count(longer, key, size)
    held.put((rate, *key), size=size, until=now + SPENT_WITHIN_SECONDS)


def spent(rate: str, *identifiers: str) -> bool:
    """Whether :func:`hit` would refuse now; counts nothing."""
    named = (namespace, getattr(connection, "schema_name", ""), *identifiers)
    try:
        with redis_or_away():
            return _is_spent(_shared(redis_pool()), rate, named)
    except RedisAway:
        return _is_spent(_own, rate, named)


def _is_spent(limiter: MovingWindowRateLimiter, rate: str, identifiers: tuple[str, ...]) -> bool:
    return not all(limiter.test(item, *identifiers) for item in _items(rate))


def _count(items: tuple[RateLimitItem, ...], identifiers: tuple[str, ...], uses: int) -> None:
    try:
        with redis_or_away():
            _hit(_shared(redis_pool()), items, identifiers, uses)
    except RedisAway:
        _hit(_own, items, identifiers, uses)


def _hit(
    limiter: MovingWindowRateLimiter, items: tuple[RateLimitItem, ...], identifiers: tuple[str, ...], uses: int
) -> None:
    for item in items:
        if not limiter.hit(item, *identifiers, cost=uses):
            reset = limiter.get_window_stats(item, *identifiers).reset_time
            raise TooManyRequests(retry_after=max(reset - time.time(), 1))
