"""The ledger: what happened, to whom, by whom. Rows are only ever added; the database refuses anything else."""

from __future__ import annotations

from typing import ClassVar

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.tenants.models import TenantModel


class Event(TenantModel):
    """One thing that happened, written in the transaction in which it happened."""

    database_rights: ClassVar[str] = "SELECT, INSERT"

    name = models.CharField(_("name"), max_length=80)
    actor_type = models.CharField(_("kind of actor"), max_length=12)
    actor_id = models.CharField(_("actor's id"), max_length=64, blank=True)
    actor_label = models.CharField(_("actor"), max_length=254, blank=True)
    subject_type = models.CharField(_("kind of subject"), max_length=40)
    subject_id = models.CharField(_("subject's id"), max_length=64)
    subject_label = models.CharField(pgettext_lazy("of an event", "subject"), max_length=254, blank=True)
    data = models.JSONField(_("data"), default=dict)
    trace_id = models.CharField(_("trace"), max_length=128, blank=True)
    cause_id = models.UUIDField(_("cause"), null=True)
    ip = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id", "id"])]

    def __str__(self) -> str:
        return f"{self.name} {self.subject_label or self.subject_id}"

    @property
    def subject_told(self) -> str:
        """The subject as people read it: its label, drawn by ``label_told`` of its model where there is one."""
        try:
            told = getattr(apps.get_model(self.subject_type), "label_told", str)
        except LookupError:  # a model that there was once
            told = str
        return str(told(self.subject_label))
