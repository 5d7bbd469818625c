"""What arrives through Celery."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from apps.dispatch.services.tickets import tickets_forget
from apps.dispatch.services.workers import workers_forget


@shared_task(name="dispatch.tidy", expires=600, ignore_result=True)
def tidy(**_more: Any) -> None:
    """Forgets workers long silent and tickets of organizations that are gone."""
    workers_forget()
    tickets_forget()
