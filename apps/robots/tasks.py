"""Ticks."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone

from apps.robots.services.schedules import schedules_fire
from apps.tenants.celery import SharedTask
from apps.tenants.context import tenant_context
from apps.tenants.selectors import organizations_all

logger = structlog.get_logger(__name__)


@shared_task(base=SharedTask, name="robots.schedules", expires=60, ignore_result=True)
def fire_schedules(**_more: Any) -> None:
    """Fires the schedules of every organization that are due."""
    for organization in organizations_all():
        if not organization.is_active:
            continue
        try:
            with tenant_context(organization):
                schedules_fire(now=timezone.now())
        except Exception:
            logger.exception("schedules_not_fired", organization=organization.slug)  # the others are still due
