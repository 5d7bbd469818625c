"""What is kept for an organization for a while: keys carry the schema, so that no entry reaches another one."""

from __future__ import annotations

from itertools import islice

from apps.common.redis import RedisAway, redis_or_away
from apps.tenants.context import current_schema

_TOGETHER = 1000


def schema_key(key: str, key_prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION: ``<schema>:<prefix>:<version>:<key>``."""
    return f"{current_schema()}:{key_prefix}:{version}:{key}"


def entries_count(schema: str) -> int | None:
    """How many entries in Redis are an organization's, counters of rates most of all; None while Redis is away."""
    try:
        with redis_or_away() as redis:
            return sum(1 for _key in redis.scan_iter(match=f"*{schema}*", count=_TOGETHER))
    except RedisAway:
        return None


def entries_forget(schema: str) -> int | None:
    """Deletes them and tells how many; None while Redis is away: they stay until their time is over then, an hour."""
    try:
        with redis_or_away() as redis:
            found = redis.scan_iter(match=f"*{schema}*", count=_TOGETHER)
            forgotten = 0
            while keys := list(islice(found, _TOGETHER)):
                forgotten += int(redis.unlink(*keys))
            return forgotten
    except RedisAway:
        return None
