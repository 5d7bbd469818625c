"""A run: one execution of one version with frozen inputs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.executions.models import Execution
from apps.robots.models.robot import Robot, RobotVersion
from apps.tenants.models import TenantModel


class TriggerType(models.TextChoices):
    MANUAL = "MANUAL", _("by hand")
    SCHEDULED = "SCHEDULED", _("scheduled")
    RETRY = "RETRY", _("retry")
    SERVICE = "SERVICE", _("portal")
    FLOW = "FLOW", _("flow")
    API = "API", "API"


class Run(TenantModel):
    """What a robot was asked to do; how it goes stands in its execution, which has the same id."""

    execution = models.OneToOneField(Execution, on_delete=models.CASCADE, related_name="run")
    robot = models.ForeignKey(Robot, on_delete=models.PROTECT, related_name="runs")
    version = models.ForeignKey(RobotVersion, on_delete=models.PROTECT, related_name="runs")
    trigger_type = models.CharField(_("trigger"), max_length=10, choices=TriggerType, default=TriggerType.MANUAL)
    arguments = models.JSONField(default=list)
    environment = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    # The portal's service, as plain values: robots know nothing of the portal.
    service_id = models.UUIDField(null=True)
    service_title = models.CharField(max_length=200, blank=True)
    service_revision = models.PositiveIntegerField(null=True)
    retry_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="retries")
    schedule = models.ForeignKey("robots.Schedule", on_delete=models.SET_NULL, null=True, related_name="runs")
    is_canary = models.BooleanField(default=False)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("run")
        indexes: ClassVar = [
            models.Index(fields=["robot", "id"]),
            models.Index(fields=["service_id", "id"]),
            models.Index(fields=["version", "id"]),
        ]

    def __str__(self) -> str:
        return str(self.id)
