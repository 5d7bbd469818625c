"""Ticks, and what a worker asks before it serves."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task
from celery.signals import worker_init
from django.utils import timezone

from apps.robots.checks import sandbox_errors
from apps.robots.services.schedules import schedules_fire
from apps.tenants.celery import SharedTask
from apps.tenants.context import tenant_context
from apps.tenants.selectors import organizations_all

logger = structlog.get_logger(__name__)


@worker_init.connect
def refuse_without_sandbox(**_signal: Any) -> None:
    """A worker that must run robots in a sandbox and cannot does not start at all."""
    if errors := sandbox_errors():
        raise SystemExit("\n".join(f"{error.id}: {error.msg} {error.hint}" for error in errors))


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
