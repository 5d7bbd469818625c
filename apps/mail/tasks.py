"""Doorbell and ticks of mail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.mail import rings
from apps.mail.services import mail_deliver, mails_deliver, mails_forget
from apps.tenants.celery import SharedTask


@shared_task(base=SharedTask, name=rings.TASK, expires=rings.EXPIRES_SECONDS, ignore_result=True)
def deliver(*, mail_id: str, **_more: Any) -> None:
    """Delivers one mail, unless somebody has."""
    mail_deliver(mail_id=UUID(mail_id), now=timezone.now())


@shared_task(base=SharedTask, name="mail.due", expires=60, ignore_result=True)
def due(**_more: Any) -> None:
    """Delivers what waits: mails whose ring was lost, and those to be tried again."""
    mails_deliver(now=timezone.now())


@shared_task(base=SharedTask, name="mail.tidy", expires=3600, ignore_result=True)
def tidy(**_more: Any) -> None:
    """Forgets mails that failed, and those of development, after a month."""
    mails_forget(now=timezone.now())
