"""Routes at the root: landing, probes, metrics, API documents."""

from __future__ import annotations

from django.urls import path, re_path
from django.utils.text import format_lazy

from apps.common import views
from apps.common.api import documents
from apps.common.api.areas import AREAS

urlpatterns = [
    path("", views.landing, name="landing"),
    re_path(r"^theme/(?P<color>[0-9a-f]{6})\.css\Z", views.theme, name="theme"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("health", views.health, name="health"),
    path("health/services", views.health_services, name="health-services"),
    path("status", views.status, name="status"),
    path("ready", views.ready, name="ready"),
    path("metrics", views.metrics, name="metrics"),
    path("api/v1/openapi.json", documents.document, name="openapi"),
    path("api/v1/docs", documents.SwaggerView.as_view(), name="docs"),
    path("api/v1/redoc", documents.RedocView.as_view(), name="redoc"),
]
for area in AREAS:
    document, title = f"openapi-{area.slug}", format_lazy("{area} · API · Oficina", area=area.title)
    shown = documents.SwaggerView.as_view(url_name=document, title=title)
    urlpatterns += [
        path(f"{area.slug}/openapi.json", documents.document, {"area": area.slug}, name=document),
        path(f"{area.slug}/docs", shown, name=f"docs-{area.slug}"),
    ]
