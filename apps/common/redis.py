"""The one Redis pool of this process. Redis may be away at any time; nobody waits for it twice in a row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.common.errors import Unavailable

logger = structlog.get_logger(__name__)
TIMEOUT_SECONDS = 0.5
PAUSE_SECONDS = 1.0
COMPLAIN_EVERY_SECONDS = 60.0
_UNREACHABLE = (redis.ConnectionError, redis.TimeoutError)
_away_until = 0.0


class RedisAway(Unavailable):
    code = "redis_unavailable"


class Complaint:
    """Says now and then that Redis is away, not each time, in the name of whoever needs it."""

    def __init__(self, log: structlog.stdlib.BoundLogger) -> None:
        self._log = log
        self._made_at = float("-inf")

    def make(self, event: str, error: Exception) -> None:
        if time.monotonic() - self._made_at > COMPLAIN_EVERY_SECONDS:
            self._made_at = time.monotonic()
            self._log.warning(event, error=str(error))


@lru_cache(maxsize=1)
def redis_pool() -> redis.ConnectionPool:
    """Connections that give up after half a second; one retry, for those that a restart of Redis has cut."""
    return redis.ConnectionPool.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


@lru_cache(maxsize=1)
def redis_client() -> redis.Redis:
    """A client on the shared pool; threads may share it."""
    return redis.Redis(connection_pool=redis_pool())


def redis_forget() -> None:
    """Makes the next use connect anew, without a pause; for tests that move Redis."""
    global _away_until  # noqa: PLW0603  # one circuit for the process
    redis_client.cache_clear()
    redis_pool.cache_clear()
    _away_until = 0.0


@contextmanager
def redis_or_away() -> Iterator[redis.Redis]:
    """Gives the client; raises ``RedisAway`` when Redis fails, and for a second after without asking it again."""
    global _away_until  # noqa: PLW0603  # one circuit for the process
    if time.monotonic() < _away_until:
        raise RedisAway
    try:
        yield redis_client()
    except _UNREACHABLE as error:
        _away_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("redis_away", error=str(error))
        raise RedisAway from error
    except redis.RedisError as error:  # it is there and refuses: out of memory, a read-only replica
        logger.warning("redis_refused", error=str(error))
        raise RedisAway from error
