"""Routes under /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.executions.api.retention import RetentionViewSet

urlpatterns: list[URLPattern] = [
    path("retention", RetentionViewSet.as_view({"get": "retrieve", "put": "update"})),
    path("retention/preview", RetentionViewSet.as_view({"get": "preview"})),
]
