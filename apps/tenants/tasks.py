"""What arrives through Celery."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.conf import settings

from apps.tenants.celery import SharedTask
from apps.tenants.receivers import EXPIRES_SECONDS, SPARES_TASK
from apps.tenants.services.provisioning import spares_replenish


@shared_task(base=SharedTask, name=SPARES_TASK, expires=EXPIRES_SECONDS, ignore_result=True)
def spares_make(**_more: Any) -> None:
    """Keeps ``TENANT_SPARES`` prepared schemas waiting."""
    spares_replenish(settings.ENV.tenant_spares)
