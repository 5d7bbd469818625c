"""Executions as the engine sees them; what may be done with them offers the app whose work they are."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.admin import ServiceAdmin
from apps.common.admin_sites import organization_site
from apps.executions.models import Artifact, Execution, LogChunk


@admin.register(Execution, site=organization_site)
class ExecutionAdmin(ServiceAdmin):
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
    list_display = ("execution_id", "first_seq", "last_seq", "gap_reason")
    search_fields = ("=execution__id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogChunk]:
        """Lists say nothing of the lines, and need not read them."""
        chunks: QuerySet[LogChunk] = super().get_queryset(request)
        return chunks.defer("lines")


@admin.register(Artifact, site=organization_site)
class ArtifactAdmin(ServiceAdmin):
    list_display = ("name", "execution_id", "size", "content_type", "created_at")
    search_fields = ("name", "=execution__id")
