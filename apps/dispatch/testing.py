"""Rings in tests: how many wait, and letting go of a Redis that a test stops, or takes the place of another."""

from __future__ import annotations

from typing import Any

from celery import current_app
from kombu import pools

from apps.common.redis import RedisAway, redis_forget, redis_or_away
from apps.dispatch import rings

REST_SECONDS = 30.0


def rings_waiting(queue: str) -> int:
    """How many rings of a queue stand in Redis unheard; -1 while it is away."""
    try:
        with redis_or_away() as client:
            return int(client.llen(rings.key_of(queue)))
    except RedisAway:
        return -1


def broker_forget() -> None:
    """Closes this process's connections to Redis; the next one goes where the settings say by then.

    First the ringer comes to rest: a pool that it opened in between would be closed under it, and stay so.
    """
    if not rings.flush(REST_SECONDS):
        raise AssertionError("the ringer does not come to rest")
    redis_forget()
    application: Any = current_app
    pools.reset()
    application.amqp._producer_pool = application._pool = None
