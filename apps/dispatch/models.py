"""Whose work runs next: one row for each piece of work of any organization that is not finished."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.common.models import BaseModel


class Ticket(BaseModel):
    """Outbox, fair queue and lease in one row. Its id is the execution's id; it is deleted when the work is over.

    ``token`` is null while it waits; each claim gives a new one, and only its holder may write for the execution.
    ``available_at`` and ``lease_until`` are by the database's clock, whatever the clocks of the machines around it say.
    """

    schema_name = models.CharField(_("schema"), max_length=63)
    kind = models.CharField(_("kind"), max_length=40)
    queue = models.CharField(_("queue"), max_length=80)
    priority = models.SmallIntegerField(_("priority"), default=0)
    available_at = models.DateTimeField(_("available"), db_default=Now())
    token = models.UUIDField(_("token"), null=True)
    worker = models.CharField(_("worker"), max_length=200, blank=True)
    lease_until = models.DateTimeField(_("leased until"), null=True)
    cancel_requested = models.BooleanField(_("told to stop"), default=False)

    class Meta:
        ordering = ("-priority", "available_at", "id")
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
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


class Worker(BaseModel):
    """A worker process, as its heart last told. Rows of processes long silent are removed."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    host = models.CharField(_("host"), max_length=200)
    pid = models.IntegerField(_("process"))
    queues = ArrayField(models.CharField(max_length=80), verbose_name=_("queues"))
    slots = models.PositiveIntegerField(_("slots"))
    busy = models.PositiveIntegerField(_("busy slots"), default=0)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    last_seen = models.DateTimeField(_("last seen"), db_default=Now())

    class Meta:
        ordering = ("name",)
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return self.name


class Tally(BaseModel):
    """A counter of /metrics, summed over all workers there ever were. ``labels`` is JSON with sorted keys."""

    name = models.CharField(_("name"), max_length=80)
    labels = models.CharField(_("labels"), max_length=400)
    value = models.FloatField(_("value"), default=0)

    class Meta:
        ordering = ("name", "labels")
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "labels"], name="tally_unique")]

    def __str__(self) -> str:
        return f"{self.name}{self.labels}"
