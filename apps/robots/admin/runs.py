"""Runs: a list, and a page that shows the log as it comes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.accounts.permissions import allowed
from apps.common.admin_display import Named, moment_display, moment_text
from apps.common.admin_exports import ExportedAdmin
from apps.common.admin_sites import organization_site
from apps.common.errors import ApplicationError
from apps.common.times import duration_text
from apps.executions.selectors import queue_position
from apps.robots.admin.columns import RunColumns
from apps.robots.models import Run
from apps.robots.selectors.runs import artifacts_of, run_get, run_waits_for_nobody, runs_visible
from apps.robots.services.runs import run_cancel, run_retry
from apps.robots.templatetags.runs import run_badge, run_seconds

PAGE = "organization:robots_run_change"


@admin.register(Run, site=organization_site)
class RunAdmin(ExportedAdmin):
    section, icon, rank = "runs", "play_circle", 10
    plural = _("runs")
    nothing = _("A run stands here when somebody runs a service or a robot, or a schedule fires.")
    elsewhere = (_("Robots"), "robots_robot_changelist")
    read_action = "run.read"
    list_display = ("what", "state", "number", "queued", "took", "by", "trigger_type")
    list_filter = ("execution__status", "trigger_type", "robot")
    search_fields = ("=id", "robot__name", "service_title", "execution__requested_by_label")
    date_hierarchy = "created_at"
    actions = ("cancel", "retry")
    export_columns = RunColumns

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return runs_visible(actor=request.actor)  # type: ignore[attr-defined]

    @admin.display(description=_("run"), ordering="id")
    def what(self, run: Run) -> str:
        return Truncator(run.service_title or run.robot.name).chars(60)

    @admin.display(description=_("state"), ordering="execution__status")
    def state(self, run: Run) -> SafeString:
        return run_badge(run)

    @admin.display(description=_("version"))
    def number(self, run: Run) -> str:
        return run.version.version

    @admin.display(description=_("queued"), ordering="id")
    def queued(self, run: Run) -> SafeString | str:
        return moment_display(run.execution.queued_at)

    @admin.display(description=_("took"))
    def took(self, run: Run) -> str:
        seconds = run_seconds(run)
        return "—" if seconds is None else duration_text(seconds)

    @admin.display(description=_("by"))
    def by(self, run: Run) -> str:
        return run.execution.requested_by_label

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self._holds(request, "run.cancel")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self._holds(request, "robot.run")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:run_id>/cancel/", wrap(require_POST(self.cancel_one)), name="robots_run_cancel"),
            path("<uuid:run_id>/retry/", wrap(require_POST(self.retry_one)), name="robots_run_retry"),
            *super().get_urls(),
        ]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The run, live, in the place of a form: nothing of it is written by hand."""
        object_id = args[0] if args else kwargs.get("object_id")
        if request.method not in {"GET", "HEAD"} or object_id is None:
            return super().changeform_view(request, *args, **kwargs)
        run: Run | None = self.get_object(request, unquote(object_id))
        if run is None:
            missing: HttpResponseBase = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        context = {**self.admin_site.each_context(request), **self._shown(request, run)}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "robots/admin/run.html", context)

    def _shown(self, request: Any, run: Run) -> dict[str, Any]:
        actor = request.actor
        return {
            "title": _("Run of %(name)s") % {"name": run.service_title or run.robot.name},
            "opts": self.opts,
            "original": self.named(run),
            "run": run,
            "queue": queue_position(run.execution),
            "waits_for_nobody": run_waits_for_nobody(run),
            "artifacts": artifacts_of(actor=actor, run_id=run.pk),
            "may_cancel": allowed(actor, "run.cancel", run.robot),
            "may_retry": allowed(actor, "robot.run", run.robot),
            "may_download": allowed(actor, "artifact.download", run.robot),
            "show_history": self.has_history_permission(request),
            "may_see_robot": allowed(actor, "robot.read", run.robot),
            "now": timezone.now(),
        }

    def named(self, row: Run) -> Named:
        """What ran and when, for the id tells nobody anything."""
        return Named(row, f"{self.what(row)} · {moment_text(row.execution.queued_at)}")

    def history_subjects(self, row: Run) -> dict[str, list[Any]]:
        """A run's, and that of its execution, which has the same id."""
        return {"robots.run": [row.pk], "executions.execution": [row.pk]}

    def cancel_one(self, request: Any, run_id: UUID) -> HttpResponse:
        """Stops the run, and comes back to it."""
        self._tried(request, run_id, "run.cancel", run_cancel)
        return HttpResponseRedirect(reverse(PAGE, args=[run_id]))

    def retry_one(self, request: Any, run_id: UUID) -> HttpResponse:
        """Starts a new run with the same inputs, and goes there."""
        again = self._tried(request, run_id, "robot.run", run_retry)
        return HttpResponseRedirect(reverse(PAGE, args=[again.pk if again is not None else run_id]))

    def _tried(self, request: Any, run_id: UUID, action: str, service: Any) -> Any:
        try:
            run = run_get(actor=request.actor, run_id=run_id, action=action)
            return service(actor=request.actor, run=run, now=timezone.now())
        except ApplicationError as error:
            self.explain(request, error)
            return None

    @admin.action(description=_("Cancel"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, runs, lambda row: run_cancel(actor=actor, run=row, now=now))
        self.message_user(request, _("%(count)d cancelled.") % {"count": done}, messages.SUCCESS)

    @admin.action(description=_("Run again"), permissions=["retry"])
    def retry(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, runs, lambda row: run_retry(actor=actor, run=row, now=now))
        self.message_user(request, _("%(count)d accepted.") % {"count": done}, messages.SUCCESS)
