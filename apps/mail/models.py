"""Mails on their way out, of every organization. The rows are the truth: a task or a tick that is lost loses none."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.models import BaseModel


class MailState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class OutgoingMail(BaseModel):
    """One mail to send: what it is about, by ids. What it says is only made when it is sent, and not kept.

    A row is deleted once its mail was sent. The last four fields are filled in development alone, with
    ``EMAIL_URL=outbox:``: then no server sends the mail, and people read it in the back-office.
    """

    schema_name = models.CharField(_("schema"), max_length=63)
    kind = models.CharField(_("kind"), max_length=60)
    data = models.JSONField(_("data"), default=dict)
    language = models.CharField(_("language"), max_length=10)
    state = models.CharField(_("state"), max_length=10, choices=MailState, default=MailState.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    available_at = models.DateTimeField(_("next attempt"))
    expires_at = models.DateTimeField(_("expires"))
    error = models.CharField(_("last error"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    recipient = models.CharField(_("to"), max_length=320, blank=True)
    subject = models.CharField(_("subject"), max_length=400, blank=True)
    text = models.TextField(_("text"), blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        indexes: ClassVar = [
            models.Index(fields=["available_at"], name="mail_due", condition=models.Q(state=MailState.WAITING))
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
