"""Every route of the product."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("apps.common.urls")),
    path("api/v1/", include("apps.accounts.api.urls")),
    path("api/v1/", include("apps.robots.api.urls")),
    path("api/v1/", include("apps.portal.api.urls")),
]
handler400 = "apps.common.api.fallback.bad_request"
handler403 = "apps.common.api.fallback.permission_denied"
handler404 = "apps.common.api.fallback.not_found"
handler500 = "apps.common.api.fallback.server_error"
