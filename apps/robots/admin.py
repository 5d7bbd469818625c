"""Robots in the back-office: what is written goes through the services, states are only shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import visible_filter
from apps.common.admin import ServiceAdmin
from apps.common.admin_sites import organization_site
from apps.robots.models import Robot, RobotVersion, Run, Schedule, ScheduleFiring
from apps.robots.selectors.robots import robots_visible
from apps.robots.selectors.runs import runs_visible, status_word
from apps.robots.selectors.schedules import firings_ahead
from apps.robots.services.robots import robot_archive, robot_create, robot_update
from apps.robots.services.runs import run_cancel, run_retry
from apps.robots.services.schedules import schedule_create, schedule_update
from apps.robots.services.versions import version_activate


class OfRobotAdmin(ServiceAdmin):
    """Rows that belong to a robot: those of robots that may be read."""

    read_action = "robot.read"
    through = "robot__"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(visible_filter(request.actor, self.read_action, prefix=self.through))  # type: ignore[attr-defined]


@admin.register(Robot, site=organization_site)
class RobotAdmin(ServiceAdmin):
    section, icon, rank = "robots", "smart_toy", 10
    read_action = "robot.read"
    write_action = "robot.publish"
    form_fields = ("name", "description", "tags", "pool")
    list_display = ("name", "tags", "pool", "canary_percent", "updated_at")
    list_filter = ("pool",)
    search_fields = ("name", "description")
    actions = ("archive",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Robot]:
        return robots_visible(actor=request.actor)  # type: ignore[attr-defined]

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Robot:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        if change:
            return robot_update(actor=actor, robot=form.instance, **form.cleaned_data, now=now)
        return robot_create(actor=actor, **form.cleaned_data, now=now)

    @admin.action(description=_("Archive"), permissions=["write"])
    def archive(self, request: HttpRequest, robots: QuerySet[Robot]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, robots, lambda row: robot_archive(actor=actor, robot=row, now=now))
        self.message_user(request, _("%(count)d archived.") % {"count": done})


@admin.register(RobotVersion, site=organization_site)
class RobotVersionAdmin(OfRobotAdmin):
    section, icon, rank = "robots", "deployed_code", 20
    write_action = "robot.publish"
    list_display = ("robot", "version", "channel", "is_active", "release_tags", "artifact_size", "created_at")
    list_filter = ("channel", "is_active", "entrypoint_type")
    list_select_related = ("robot",)
    search_fields = ("robot__name", "version")
    exclude = ("storage_name",)
    actions = ("activate",)

    @admin.action(description=_("Make the active version"), permissions=["write"])
    def activate(self, request: HttpRequest, versions: QuerySet[RobotVersion]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(
            request,
            versions.select_related("robot"),
            lambda row: version_activate(actor=actor, robot=row.robot, version=row, now=now),
        )
        self.message_user(request, _("%(count)d activated.") % {"count": done})


@admin.register(Run, site=organization_site)
class RunAdmin(ServiceAdmin):
    section, icon, rank = "runs", "play_circle", 10
    read_action = "run.read"
    list_display = ("id", "robot", "version", "status", "trigger_type", "requested_by", "created_at")
    list_filter = ("execution__status", "trigger_type", "robot")
    search_fields = ("=id", "robot__name", "execution__requested_by_label")
    exclude = ("environment",)
    actions = ("cancel", "retry")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return runs_visible(actor=request.actor)  # type: ignore[attr-defined]

    @admin.display(description=_("status"))
    def status(self, run: Run) -> str:
        return status_word(run.execution.status)

    @admin.display(description=_("by"))
    def requested_by(self, run: Run) -> str:
        return run.execution.requested_by_label

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self._holds(request, "run.cancel")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self._holds(request, "robot.run")

    @admin.action(description=_("Cancel"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, runs, lambda row: run_cancel(actor=actor, run=row, now=now))
        self.message_user(request, _("%(count)d cancelled.") % {"count": done})

    @admin.action(description=_("Run again"), permissions=["retry"])
    def retry(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, runs, lambda row: run_retry(actor=actor, run=row, now=now))
        self.message_user(request, _("%(count)d accepted.") % {"count": done})


@admin.register(Schedule, site=organization_site)
class ScheduleAdmin(OfRobotAdmin):
    section, icon, rank = "runs", "schedule", 20
    write_action = "robot.publish"
    form_fields = (
        "robot",
        "name",
        "cron",
        "timezone",
        "enabled",
        "starts_at",
        "ends_at",
        "window_start",
        "window_end",
        "max_concurrency",
        "skip_holidays",
        "timeout_seconds",
        "retry_count",
        "retry_backoff_seconds",
    )
    exclude = ("next_due_at",)
    list_display = ("__str__", "robot", "cron", "timezone", "enabled", "next_firing")
    list_filter = ("enabled",)
    list_select_related = ("robot",)
    search_fields = ("robot__name", "name")

    @admin.display(description=_("next firing"), ordering="next_due_at")
    def next_firing(self, schedule: Schedule) -> datetime | None:
        return next(iter(firings_ahead(schedule, timezone.now())), None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A schedule stays with its robot."""
        shown = super().get_readonly_fields(request, obj)
        return [*shown, "robot"] if obj is not None else shown

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Schedule:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        values = dict(form.cleaned_data)
        if change:
            return schedule_update(actor=actor, schedule=form.instance, values=values, now=now)
        return schedule_create(actor=actor, robot=values.pop("robot"), values=values, now=now)


@admin.register(ScheduleFiring, site=organization_site)
class ScheduleFiringAdmin(OfRobotAdmin):
    section, icon, rank = "runs", "event_available", 30
    through = "schedule__robot__"
    list_display = ("schedule", "due_at", "run", "skipped_reason")
    list_select_related = ("schedule", "run")
    search_fields = ("schedule__name", "schedule__robot__name")
