"""Ticks."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.executions.services.orphans import orphans_sweep
from apps.executions.services.retention import retention_apply


@shared_task(name="executions.prune", expires=3600, ignore_result=True)
def prune(**_more: Any) -> None:
    """Removes what is older than each organization keeps."""
    retention_apply(now=timezone.now())


@shared_task(name="executions.sweep", expires=3600, ignore_result=True)
def sweep(**_more: Any) -> None:
    """Deletes stored files that no row names."""
    orphans_sweep(now=timezone.now())
