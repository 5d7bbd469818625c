"""The doorbell of mail: tells a worker at once that a mail waits. Where nobody hears it, the next tick finds it."""

from __future__ import annotations

from uuid import UUID

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

from apps.common.redis import RedisAway, redis_or_away

logger = structlog.get_logger(__name__)
TASK = "mail.deliver"
EXPIRES_SECONDS = 300


def ring(mail_id: UUID) -> None:
    """Asks a worker to deliver a mail; call it after commit. Costs next to nothing while Redis is away."""
    try:
        with redis_or_away() as redis:
            redis.ping()  # gives up sooner than Celery, and knows when it was away a moment ago
        current_app.send_task(
            TASK, kwargs={"mail_id": str(mail_id)}, expires=EXPIRES_SECONDS, retry=False, ignore_result=True
        )
    except (RedisAway, OperationalError, OSError) as error:
        logger.warning("mail_not_rung", mail_id=str(mail_id), error=str(error))
