"""What mail tells /health/services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.health import DEGRADED, DOWN, HEALTHY, probe
from apps.mail.selectors import mail_backlog

LONG = timedelta(minutes=15)


@probe("mail", _("Mail"))
def mail() -> dict[str, Any]:
    """Degraded once a mail has waited for a quarter of an hour: no server is configured, or it takes none."""
    try:
        backlog = mail_backlog()
    except DatabaseError as error:
        return {"status": DOWN, "waiting": None, "oldest": None, "error": str(error)}
    late = backlog.oldest_at is not None and backlog.oldest_at < timezone.now() - LONG
    oldest = backlog.oldest_at.isoformat() if backlog.oldest_at else None
    return {"status": DEGRADED if late else HEALTHY, "waiting": backlog.waiting, "oldest": oldest}
