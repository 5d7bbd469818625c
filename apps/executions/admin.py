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
from apps.common.admin_sites import organization_site
from apps.executions.models import Artifact, Execution, LogChunk, Retention
from apps.executions.selectors import retention_get, retention_preview
from apps.executions.services.retention import DAYS, MANAGE, retention_update


@admin.register(Execution, site=organization_site)
class ExecutionAdmin(ServiceAdmin):
    section, icon, rank = "system", "memory", 10
    list_display = (
        "id",
        "kind",
        "status",
        "queue",
        "attempt",
        "requested_by_label",
        "queued_at",
        "started_at",
        "finished_at",
    )
    list_filter = ("status", "kind", "queue")
    search_fields = ("=id", "=trace_id", "requested_by_label")
    date_hierarchy = "queued_at"
    exclude = ("token",)


@admin.register(LogChunk, site=organization_site)
class LogChunkAdmin(ServiceAdmin):
    section, icon, rank = "system", "notes", 20
    list_display = ("execution_id", "first_seq", "last_seq", "gap_reason")
    search_fields = ("=execution__id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogChunk]:
        """Lists say nothing of the lines, and need not read them."""
        chunks: QuerySet[LogChunk] = super().get_queryset(request)
        return chunks.defer("lines")


@admin.register(Artifact, site=organization_site)
class ArtifactAdmin(ServiceAdmin):
    section, icon, rank = "runs", "attach_file", 40
    list_display = ("name", "execution_id", "size", "content_type", "created_at")
    search_fields = ("name", "=execution__id")


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
