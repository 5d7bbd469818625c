"""Taking a temporary organization away whole, with what it left in the shared tables and in Redis."""

from __future__ import annotations

from typing import Any

from kombu.exceptions import OperationalError

from apps.robots.models import Robot
from apps.robots.services.runs import queue_of
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.services.removals import organization_remove
from config.celery import app as celery


def remove(organization: Organization) -> None:
    """Leaves nothing of it behind. Rings of its queues stay where Redis is away; they are worth nothing."""
    with tenant_context(organization):
        queues = sorted({queue_of(robot) for robot in Robot.objects.all()})
    organization_remove(organization=organization)
    try:
        with celery.connection_for_write() as connection:
            channel: Any = connection.default_channel
            for queue in queues:
                channel.queue_delete(queue)
    except (OperationalError, OSError):
        return
