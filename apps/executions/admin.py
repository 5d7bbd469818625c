"""Executions as the engine sees them; what may be done with them offers the app whose work they are."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.common.admin import ServiceAdmin, SingleRowAdmin
from apps.common.admin_display import Kind, badge, moment_display
from apps.common.admin_sites import organization_site
from apps.executions.models import Execution, LogChunk, Retention, Status
from apps.executions.selectors import retention_get, retention_preview
from apps.executions.services.retention import DAYS, MANAGE, retention_update

KINDS: dict[Status, Kind] = {
    Status.PENDING: "still",
    Status.RUNNING: "busy",
    Status.COMPLETED: "good",
    Status.FAILED: "bad",
    Status.CANCELLED: "still",
    Status.LOST: "care",
}


@admin.register(Execution, site=organization_site)
class ExecutionAdmin(ServiceAdmin):
    section, icon, rank = "system", "memory", 10
    plural = _("executions")
    nothing = _("Whatever runs, waits for it or has run stands here as the engine sees it.")
    list_display = ("kind", "state", "queue", "attempt", "requested_by_label", "queued", "started", "finished")
    list_filter = ("status", "kind", "queue")
    search_fields = ("=id", "=trace_id", "requested_by_label")
    date_hierarchy = "queued_at"
    exclude = ("token",)

    @admin.display(description=_("status"), ordering="status")
    def state(self, execution: Execution) -> SafeString:
        return badge(execution.get_status_display(), KINDS[Status(execution.status)])

    @admin.display(description=_("queued"), ordering="id")
    def queued(self, execution: Execution) -> SafeString | str:
        return moment_display(execution.queued_at)

    @admin.display(description=_("started"), ordering="started_at")
    def started(self, execution: Execution) -> SafeString | str:
        return moment_display(execution.started_at)

    @admin.display(description=_("finished"), ordering="finished_at")
    def finished(self, execution: Execution) -> SafeString | str:
        return moment_display(execution.finished_at)


@admin.register(LogChunk, site=organization_site)
class LogChunkAdmin(ServiceAdmin):
    section, icon, rank = "system", "notes", 20
    nothing = _("What robots print is kept in parts, as it comes.")
    list_display = ("of", "first_seq", "last_seq", "gap_reason")
    search_fields = ("=execution__id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogChunk]:
        """Lists say nothing of the lines, and need not read them."""
        chunks: QuerySet[LogChunk] = super().get_queryset(request)
        return chunks.defer("lines")

    @admin.display(description=_("execution"), ordering="execution_id")
    def of(self, chunk: LogChunk) -> str:
        """Its id, for which the execution itself need not be read."""
        return str(chunk.execution_id)


@admin.register(Retention, site=organization_site)
class RetentionAdmin(SingleRowAdmin):
    """How long things are kept, above what would go now."""

    section, icon, rank = "settings", "auto_delete", 30
    read_action = write_action = MANAGE
    form_fields = DAYS
    fields = (*DAYS, "would_go")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("would_go",)

    def the_row(self, request: HttpRequest) -> Retention:
        actor = request.actor  # type: ignore[attr-defined]
        row: Any = retention_get(actor=actor)
        row.preview = retention_preview(actor=actor, now=timezone.now())
        return row  # type: ignore[no-any-return]

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Retention:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        return retention_update(actor=actor, changes=form.cleaned_data, now=now)

    @admin.display(description=_("would go now"))
    def would_go(self, row: Any) -> SafeString:
        return render_to_string("executions/retention_preview.html", {"preview": row.preview})
