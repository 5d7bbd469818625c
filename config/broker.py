"""How Celery wants Redis to be written."""

from __future__ import annotations


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis URL: it has words of its own for Unix sockets."""
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)
