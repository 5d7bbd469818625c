"""What follows from what happened to organizations."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from kombu.exceptions import OperationalError
from structlog import get_logger

from apps.common.redis import RedisAway, redis_or_away
from apps.tenants.signals import organization_created

logger = get_logger(__name__)


@receiver(organization_created)
def replenish_spares(**_: Any) -> None:
    """Asks a worker for a new spare; where nobody hears it, beat asks again."""
    from apps.tenants.tasks import spares_make  # noqa: PLC0415  # tasks need the Celery application, this module not

    try:
        with redis_or_away() as redis:
            redis.ping()  # gives up sooner than Celery, and knows when it was away a moment ago
        spares_make.apply_async(retry=False)
    except (RedisAway, OperationalError, OSError) as error:
        logger.warning("spares_not_rung", error=str(error))
