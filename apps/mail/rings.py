"""The doorbell of mail: tells a worker at once that a mail waits. Where nobody hears it, the next tick finds it."""

from __future__ import annotations

from uuid import UUID

from apps.common.rings import task_ring

TASK = "mail.deliver"
EXPIRES_SECONDS = 300


def ring(mail_id: UUID) -> None:
    """Asks a worker to deliver a mail; call it after commit. Costs next to nothing while Redis is away."""
    task_ring(TASK, expires=EXPIRES_SECONDS, mail_id=str(mail_id))
