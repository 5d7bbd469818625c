"""A word to Celery's workers that a task waits for one of them. Where nobody hears it, a tick of beat finds it."""

from __future__ import annotations

from typing import Any

import structlog

from apps.common.redis import RedisAway, redis_or_away

logger = structlog.get_logger(__name__)


def task_ring(task: str, *, expires: int, **given: Any) -> None:
    """Asks a worker for a task; call it after commit. Costs next to nothing while Redis is away, and never fails.

    Celery is loaded by who rings: it is a ninth of what a process has to load, and most commands do without.
    """
    from kombu.exceptions import OperationalError  # noqa: PLC0415

    from config.celery import app  # noqa: PLC0415

    try:
        with redis_or_away() as redis:
            redis.ping()  # gives up sooner than Celery, and knows when it was away a moment ago
        app.send_task(task, kwargs=given, expires=expires, retry=False, ignore_result=True)
    except (RedisAway, OperationalError, OSError) as error:
        logger.warning("task_not_rung", task=task, error=str(error), **given)
    except Exception:  # a connection that is closed beneath it is met by the library in ways of many kinds
        logger.exception("task_not_rung", task=task, **given)
