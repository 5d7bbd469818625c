"""Schedules of a robot; each firing is one unique row, so that any number of beats fire it once."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.robots.models.robot import Robot
from apps.tenants.models import TenantModel


class Schedule(TenantModel):
    """When a robot runs by itself: a cron expression in a time zone, inside a window."""

    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, related_name="schedules")
    name = models.CharField(_("name"), max_length=120, blank=True)
    cron = models.CharField(_("cron expression"), max_length=120)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    enabled = models.BooleanField(_("enabled"), default=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    window_start = models.TimeField(null=True, blank=True)
    window_end = models.TimeField(null=True, blank=True)
    max_concurrency = models.PositiveSmallIntegerField(default=1)
    skip_holidays = models.BooleanField(default=False)
    timeout_seconds = models.PositiveIntegerField(null=True, blank=True)
    retry_count = models.PositiveSmallIntegerField(default=0)
    retry_backoff_seconds = models.PositiveIntegerField(default=60)
    runtime_arguments = models.JSONField(default=list)
    runtime_env = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    next_due_at = models.DateTimeField(null=True, editable=False, db_index=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    etag_ignores = frozenset({"next_due_at"})  # the clock moves it

    class Meta:
        ordering = ("robot", "name", "id")
        verbose_name = _("schedule")

    def __str__(self) -> str:
        return self.name or self.cron


class ScheduleFiring(TenantModel):
    """One due moment of one schedule and what became of it."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="firings")
    due_at = models.DateTimeField()
    run = models.ForeignKey("robots.Run", on_delete=models.SET_NULL, null=True)
    skipped_reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("-due_at",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["schedule", "due_at"], name="firing_unique")]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.due_at.isoformat()}"
