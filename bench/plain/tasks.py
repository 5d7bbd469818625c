"""Celery as its documentation has it: Redis as broker, no results, tasks that do nothing."""

from __future__ import annotations

import os
import time

import redis
from celery import Celery

app = Celery("plain", broker=os.environ["BENCH_BROKER_URL"], set_as_current=False)
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True, worker_hijack_root_logger=False)
_redis = redis.Redis.from_url(os.environ["BENCH_REDIS_URL"])


@app.task
def nothing() -> None:
    """Ends at once."""


@app.task
def stamp(key: str) -> None:
    """Tells when it started."""
    started_at = time.time()
    _redis.rpush(key, started_at)
