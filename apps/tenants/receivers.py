"""What follows from a new organization."""

from __future__ import annotations

import threading
from typing import Any

from django.dispatch import receiver

from apps.common.rings import task_ring
from apps.tenants.signals import organization_created

SPARES_TASK = "tenants.spares"
EXPIRES_SECONDS = 300


@receiver(organization_created)
def replenish_spares(**_: Any) -> None:
    """Asks a worker for a new spare, in a thread: who made the organization does not wait for that.

    Where nobody hears it, beat asks again. A short-lived command ends after the thread.
    """
    threading.Thread(target=task_ring, args=[SPARES_TASK], kwargs={"expires": EXPIRES_SECONDS}, name="spare").start()
