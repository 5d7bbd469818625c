"""Whose work runs next: one row for each piece of work of any organization that is not finished."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.models import BaseModel


class Ticket(BaseModel):
    """Outbox, fair queue and lease in one row. Its id is the execution's id; it is deleted when the work is over.

    ``token`` is null while it waits; each claim gives a new one, and only its holder may write for the execution.
    """

    schema_name = models.CharField(_("schema"), max_length=63)
    kind = models.CharField(_("kind"), max_length=40)
    queue = models.CharField(_("queue"), max_length=80)
    priority = models.SmallIntegerField(_("priority"), default=0)
    available_at = models.DateTimeField(_("available"))
    token = models.UUIDField(null=True)
    worker = models.CharField(_("worker"), max_length=200, blank=True)
    lease_until = models.DateTimeField(_("leased until"), null=True)
    cancel_requested = models.BooleanField(default=False)

    class Meta:
        ordering = ("-priority", "available_at", "id")
        indexes: ClassVar = [
            models.Index(
                "queue",
                "schema_name",
                models.F("priority").desc(),
                "available_at",
                "id",
                name="ticket_waiting",
                condition=Q(token=None),
            ),
            models.Index(fields=["queue", "schema_name"], name="ticket_leased", condition=Q(token__isnull=False)),
            models.Index(fields=["lease_until"], name="ticket_lease", condition=Q(token__isnull=False)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(token=None, lease_until=None) | Q(token__isnull=False, lease_until__isnull=False),
                name="ticket_lease_has_token",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
