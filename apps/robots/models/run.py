"""A run: one execution of one version with frozen inputs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.executions.models import Execution
from apps.robots.models.robot import Robot, RobotVersion
from apps.tenants.models import TenantModel

KIND = "robot"
"""Of the executions behind runs."""


class TriggerType(models.TextChoices):
    MANUAL = "MANUAL", _("by hand")
    SCHEDULED = "SCHEDULED", _("scheduled")
    RETRY = "RETRY", _("retry")
    SERVICE = "SERVICE", _("portal")
    FLOW = "FLOW", _("flow")
    API = "API", "API"


class Run(TenantModel):
    """What a robot was asked to do; how it goes stands in its execution, which has the same id."""

    execution = models.OneToOneField(
        Execution, on_delete=models.CASCADE, related_name="run", verbose_name=_("execution")
    )
    robot = models.ForeignKey(
        Robot, on_delete=models.PROTECT, related_name="runs", db_index=False, verbose_name=_("robot")
    )
    version = models.ForeignKey(
        RobotVersion, on_delete=models.PROTECT, related_name="runs", db_index=False, verbose_name=_("version")
    )
    trigger_type = models.CharField(_("trigger"), max_length=10, choices=TriggerType, default=TriggerType.MANUAL)
    arguments = models.JSONField(_("arguments"), default=list)
    environment = models.JSONField(_("environment"), default=dict)
    parameters = models.JSONField(_("parameters"), default=dict)
    # The portal's service, as plain values: robots know nothing of the portal.
    service_id = models.UUIDField(_("service's id"), null=True)
    service_title = models.CharField(_("service"), max_length=200, blank=True)
    service_revision = models.PositiveIntegerField(_("service revision"), null=True)
    retry_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="retries", db_index=False, verbose_name=_("retry of")
    )
    schedule = models.ForeignKey(
        "robots.Schedule",
        on_delete=models.SET_NULL,
        null=True,
        related_name="runs",
        db_index=False,
        verbose_name=_("schedule"),
    )
    is_canary = models.BooleanField(_("canary"), default=False)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        indexes: ClassVar = [
            models.Index(fields=["robot", "id"]),
            models.Index(fields=["version", "id"]),
            # Most runs have none of these, and cost the indexes nothing.
            models.Index(fields=["service_id", "id"], name="run_of_service", condition=Q(service_id__isnull=False)),
            models.Index(fields=["schedule"], name="run_of_schedule", condition=Q(schedule__isnull=False)),
            models.Index(fields=["retry_of"], name="run_retry", condition=Q(retry_of__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.id)
