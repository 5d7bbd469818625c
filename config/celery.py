"""Celery carries mails to send and ticks; what is to be done stands in PostgreSQL.

A worker process is a Celery worker with slots of its own beside the pool: executions of minutes and hours run in slots,
so that they never stand in the way of short tasks.
"""

from __future__ import annotations

import os
from typing import Any

import structlog
from celery.schedules import crontab
from celery.signals import celeryd_after_setup, setup_logging, worker_shutdown, worker_shutting_down
from tenant_schemas_celery.app import CeleryApp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # `manage.py check` looks; a worker's start need not wait for it

logger = structlog.get_logger(__name__)
app = CeleryApp("oficina", task_cls="apps.tenants.celery:ContextTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Every tick is safe to run twice at once: any number of beats may tick.
app.conf.beat_schedule = {
    "dispatch.tidy": {"task": "dispatch.tidy", "schedule": 600.0},
    "robots.schedules": {"task": "robots.schedules", "schedule": 10.0, "options": {"expires": 60}},
    "executions.prune": {"task": "executions.prune", "schedule": crontab(minute="17")},
    "mail.due": {"task": "mail.due", "schedule": 10.0, "options": {"expires": 60}},
    "mail.tidy": {"task": "mail.tidy", "schedule": crontab(minute="27")},
    "executions.sweep": {"task": "executions.sweep", "schedule": crontab(hour="4", minute="43")},
    "tenants.spares": {"task": "tenants.spares", "schedule": 60.0},
}
app.set_default()  # in every thread of the process


@setup_logging.connect
def _keep_our_logging(**_signal: Any) -> None:
    """Celery leaves logging alone where somebody listens to this signal."""


@celeryd_after_setup.connect
def _open_slots(sender: str, **_signal: Any) -> None:
    """Before Celery looks for Redis: executions run without it."""
    from apps.executions import worker  # noqa: PLC0415  # Django is set up by now

    try:
        worker.start(name=sender)
    except Exception:  # Celery would log it, and go on without slots
        logger.exception("worker_not_started")
        raise SystemExit(1) from None


@worker_shutting_down.connect
def _take_nothing_new(sig: str, **_signal: Any) -> None:
    from apps.executions import worker  # noqa: PLC0415

    worker.close(at_once=sig == "SIGINT")


@worker_shutdown.connect
def _hand_back_what_is_left(**_signal: Any) -> None:
    from apps.executions import worker  # noqa: PLC0415

    worker.stop()
