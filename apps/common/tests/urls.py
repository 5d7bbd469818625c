"""The kernel's own routes and the tiny API; stands in for config.urls in tests."""

from __future__ import annotations

from django.urls import include, path

from apps.common.tests.tiny import EchoViewSet, TinyViewSet

urlpatterns = [
    path("", include("apps.common.urls")),
    path("api/v1/tinies", TinyViewSet.as_view({"get": "list", "post": "create"})),
    path("api/v1/tinies/long", TinyViewSet.as_view({"get": "long"})),
    path("api/v1/tinies/array", TinyViewSet.as_view({"get": "array"})),
    path(
        "api/v1/tinies/<int:group_id>",
        TinyViewSet.as_view({"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}),
    ),
    path("api/v1/echo", EchoViewSet.as_view({"get": "list", "post": "create"})),
    path("api/v1/echo/uploads", EchoViewSet.as_view({"post": "upload"})),
    path("api/v1/echo/once", EchoViewSet.as_view({"get": "named", "post": "once"})),
    path("api/v1/echo/uploads/once", EchoViewSet.as_view({"post": "upload_once"})),
    path("api/v1/echo/acts", EchoViewSet.as_view({"post": "act"})),
    path("api/v1/echo/old-text", EchoViewSet.as_view({"get": "old_text"})),
    path("api/v1/echo/text", EchoViewSet.as_view({"get": "text"})),
    path("api/v1/echo/failures/<str:how>", EchoViewSet.as_view({"get": "fail"})),
    path("api/v1/echo/undeclared", EchoViewSet.as_view({"get": "undeclared"})),
]
handler400 = "apps.common.api.fallback.bad_request"
handler403 = "apps.common.api.fallback.permission_denied"
handler404 = "apps.common.api.fallback.not_found"
handler500 = "apps.common.api.fallback.server_error"
