"""What follows from what happened to organizations."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.common.rings import ring
from apps.tenants.signals import organization_created

SPARES_TASK = "tenants.spares"
EXPIRES_SECONDS = 300


@receiver(organization_created)
def replenish_spares(**_: Any) -> None:
    """Asks a worker for a new spare; where nobody hears it, beat asks again."""
    ring(SPARES_TASK, expires=EXPIRES_SECONDS)
