"""What an archive says of executions that nobody runs here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from apps.executions.services.restored import executions_settle
from apps.tenants.signals import organization_restored


@receiver(organization_restored)
def settle_unfinished(now: datetime, **_: Any) -> None:
    executions_settle(now=now)
