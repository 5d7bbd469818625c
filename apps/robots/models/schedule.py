"""Schedules of a robot; each firing is one unique row, so that any number of beats fire it once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.made_by import CreatedBy
from apps.robots.models.robot import Robot
from apps.tenants.models import TenantModel


class Schedule(TenantModel):
    """When a robot runs by itself: a cron expression in a time zone, inside a window."""

    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, related_name="schedules", verbose_name=_("robot"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    cron = models.CharField(_("cron expression"), max_length=120)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    enabled = models.BooleanField(_("enabled"), default=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    window_start = models.TimeField(_("daily from"), null=True, blank=True)
    window_end = models.TimeField(_("daily until"), null=True, blank=True)
    max_concurrency = models.PositiveSmallIntegerField(_("runs at once"), default=1)
    skip_holidays = models.BooleanField(_("skip holidays"), default=False)
    timeout_seconds = models.PositiveIntegerField(_("time limit"), null=True, blank=True)
    retry_count = models.PositiveSmallIntegerField(_("retries"), default=0)
    retry_backoff_seconds = models.PositiveIntegerField(_("seconds between attempts"), default=60)
    runtime_arguments = models.JSONField(_("arguments"), default=list)
    runtime_env = models.JSONField(_("environment"), default=dict)
    parameters = models.JSONField(_("parameters"), default=dict)
    next_due_at = models.DateTimeField(_("next firing"), null=True, editable=False, db_index=True)
    created_by = CreatedBy(editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    etag_ignores = frozenset({"next_due_at"})  # the clock moves it

    class Meta:
        ordering = ("robot", "name", "id")
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")

    def __str__(self) -> str:
        return self.name or self.cron


class ScheduleFiring(TenantModel):
    """One due moment of one schedule and what became of it."""

    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, related_name="firings", db_index=False, verbose_name=_("schedule")
    )
    due_at = models.DateTimeField(_("due"))
    run = models.ForeignKey("robots.Run", on_delete=models.SET_NULL, null=True, verbose_name=_("run"))
    skipped_reason = models.CharField(_("why it was skipped"), max_length=120, blank=True)

    class Meta:
        ordering = ("-due_at",)
        verbose_name = _("firing")
        verbose_name_plural = _("firings")
        constraints: ClassVar = [models.UniqueConstraint(fields=["schedule", "due_at"], name="firing_unique")]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.due_at.isoformat()}"
