"""Routes of an organization's own hosts."""

from __future__ import annotations

from django.urls import include, path

from apps.common.admin_sites import organization_site
from config.urls_common import urlpatterns as common_urlpatterns

urlpatterns = [
    *common_urlpatterns,
    path("admin/", organization_site.urls),
    path("portal/", include("apps.portal.pages.urls")),
]
handler400 = "apps.common.api.fallback.bad_request"
handler403 = "apps.common.api.fallback.permission_denied"
handler404 = "apps.common.api.fallback.not_found"
handler500 = "apps.common.api.fallback.server_error"
