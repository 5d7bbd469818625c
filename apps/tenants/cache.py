"""What is kept for an organization for a while: keys carry the schema, so that no entry reaches another one."""

from __future__ import annotations

from apps.common.redis import RedisAway, redis_or_away
from apps.tenants.context import current_schema


def schema_key(key: str, key_prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION: ``<schema>:<prefix>:<version>:<key>``."""
    return f"{current_schema()}:{key_prefix}:{version}:{key}"


def entries_count(schema: str) -> int | None:
    """How many entries in Redis are an organization's, counters of rates most of all; None while Redis is away."""
    try:
        with redis_or_away() as redis:
            return sum(1 for _key in redis.scan_iter(match=f"*{schema}*", count=1000))
    except RedisAway:
        return None


def entries_forget(schema: str) -> None:
    """Deletes them. While Redis is away they stay until their time is over, an hour as a rule."""
    try:
        with redis_or_away() as redis:
            for key in redis.scan_iter(match=f"*{schema}*", count=1000):
                redis.delete(key)
    except RedisAway:
        return
