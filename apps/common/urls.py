"""Routes at the root: landing, probes, metrics, API documents."""

from __future__ import annotations

from django.urls import path

from apps.common import views
from apps.common.api.areas import AREAS
from apps.common.api.documents import DocumentView, RedocView, SwaggerView, area_generator

urlpatterns = [
    path("", views.landing, name="landing"),
    path("health", views.health, name="health"),
    path("health/services", views.health_services, name="health-services"),
    path("ready", views.ready, name="ready"),
    path("metrics", views.metrics, name="metrics"),
    path("api/v1/openapi.json", DocumentView.as_view(), name="openapi"),
    path("api/v1/docs", SwaggerView.as_view(), name="docs"),
    path("api/v1/redoc", RedocView.as_view(), name="redoc"),
]
for area in AREAS:
    urlpatterns += [
        path(
            f"{area.slug}/openapi.json",
            DocumentView.as_view(generator_class=area_generator(area.slug)),
            name=f"openapi-{area.slug}",
        ),
        path(f"{area.slug}/docs", SwaggerView.as_view(url_name=f"openapi-{area.slug}"), name=f"docs-{area.slug}"),
    ]
