"""Schedules and what they started."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.common.admin_display import EMPTY, Named, badge, moment_display, moment_text, switch_badge
from apps.common.admin_sites import organization_site
from apps.robots.admin.forms import ScheduleForm
from apps.robots.admin.of_robot import OfRobotAdmin
from apps.robots.models import Schedule, ScheduleFiring
from apps.robots.selectors.schedules import firings_ahead
from apps.robots.services.schedules import schedule_create, schedule_update
from apps.robots.templatetags.runs import run_badge
from apps.tenants.selectors import organization_settings


@admin.register(Schedule, site=organization_site)
class ScheduleAdmin(OfRobotAdmin):
    section, icon, rank = "runs", "schedule", 20
    plural = _("schedules")
    nothing = _("A schedule runs a robot by itself, on working days at eight for example.")
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
    form = ScheduleForm
    list_display = ("__str__", "robot", "on", "cron", "timezone", "next_firing")
    list_filter = ("enabled", "robot")
    list_select_related = ("robot",)
    search_fields = ("robot__name", "name")

    @admin.display(description=_("state"), ordering="enabled")
    def on(self, schedule: Schedule) -> SafeString:
        return switch_badge(schedule.enabled, _("on"), _("off"))

    @admin.display(description=_("next firings"))
    def ahead(self, schedule: Schedule) -> SafeString | str:
        moments = ((moment_display(due),) for due in firings_ahead(schedule, timezone.now()))
        return format_html_join("", "<p>{}</p>", moments) or EMPTY

    @admin.display(description=_("next firing"), ordering="next_due_at")
    def next_firing(self, schedule: Schedule) -> SafeString | str:
        return moment_display(next(iter(firings_ahead(schedule, timezone.now())), None))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A schedule stays with its robot."""
        shown = super().get_readonly_fields(request, obj)
        return [*shown, "robot", "ahead"] if obj is not None else shown

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = super().get_fields(request, obj)
        return names if obj is None else ["ahead", *names]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """In the organization's zone, where nothing else is said."""
        return {"timezone": organization_settings().timezone, **super().get_changeform_initial_data(request)}

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Schedule:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        values = dict(form.cleaned_data)
        if change:
            return schedule_update(actor=actor, schedule=form.instance, values=values, now=now)
        return schedule_create(actor=actor, robot=values.pop("robot"), values=values, now=now)


@admin.register(ScheduleFiring, site=organization_site)
class ScheduleFiringAdmin(OfRobotAdmin):
    section, icon, rank = "runs", "event_available", 30
    plural = _("schedule firings")
    nothing = _("Each time a schedule fires stands here, with the run that it started or why it started none.")
    elsewhere = (_("Schedules"), "robots_schedule_changelist")
    through = "schedule__robot__"
    list_display = ("schedule", "due", "outcome")
    list_filter = ("skipped_reason",)
    list_select_related = ("schedule__robot", "run__execution")
    date_hierarchy = "due_at"
    search_fields = ("schedule__name", "schedule__robot__name")

    def named(self, row: ScheduleFiring) -> Named:
        """Of which schedule and when, for the id tells nobody anything."""
        return Named(row, f"{row.schedule} · {moment_text(row.due_at)}")

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, firing: ScheduleFiring) -> SafeString | str:
        return moment_display(firing.due_at)

    @admin.display(description=_("what came of it"))
    def outcome(self, firing: ScheduleFiring) -> SafeString:
        return run_badge(firing.run) if firing.run is not None else badge(firing.skipped_reason or "—", "care")
