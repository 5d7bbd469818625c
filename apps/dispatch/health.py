"""What dispatch tells /health/services."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from apps.common.health import DOWN, HEALTHY, probe
from apps.dispatch.selectors import workers_alive


@probe("workers", _("Workers"))
def workers() -> dict[str, Any]:
    """Down when no worker beat within the last lease and a half."""
    try:
        alive = workers_alive(lease_seconds=settings.ENV.lease_seconds)
    except DatabaseError as error:
        return {"status": DOWN, "count": None, "last_heartbeat": None, "error": str(error)}
    last = alive.last_heartbeat.isoformat() if alive.last_heartbeat else None
    return {"status": HEALTHY if alive.count else DOWN, "count": alive.count, "last_heartbeat": last}
