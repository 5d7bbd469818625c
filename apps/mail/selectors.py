"""What waits to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from apps.mail.models import MailState, OutgoingMail
from apps.tenants.context import public_context


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many mails wait, over all organizations, and since when the oldest."""

    waiting: int
    oldest_at: datetime | None


def mail_backlog() -> Backlog:
    """Mails that are not sent yet."""
    with public_context():
        waiting = OutgoingMail.objects.filter(state=MailState.WAITING)
        found = waiting.aggregate(waiting=Count("pk"), oldest_at=Min("created_at"))
    return Backlog(**found)
