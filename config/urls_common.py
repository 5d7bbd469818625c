"""Routes that organization hosts and the shared host have alike."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

admin.autodiscover()  # pages register themselves at both sites, which then know their routes

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("apps.common.urls")),
    path("", include("apps.accounts.pages.urls")),
    path("api/v1/", include("apps.accounts.api.urls")),
    path("api/v1/", include("apps.executions.api.urls")),
    path("api/v1/", include("apps.robots.api.urls")),
    path("api/v1/", include("apps.portal.api.urls")),
]
