"""Routes under /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.robots.api.robots import RobotViewSet
from apps.robots.api.versions import PublicationViewSet, VersionViewSet

urlpatterns: list[URLPattern] = [
    path("robots", RobotViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "robots/<uuid:robot_id>",
        RobotViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
    path("robots/<uuid:robot_id>/tags", RobotViewSet.as_view({"patch": "tags"})),
    path("robots/<uuid:robot_id>/versions/publish", PublicationViewSet.as_view({"post": "create"})),
    path("robots/<uuid:robot_id>/versions", VersionViewSet.as_view({"get": "list"})),
    path("robots/<uuid:robot_id>/versions/<uuid:version_id>", VersionViewSet.as_view({"get": "retrieve"})),
    path(
        "robots/<uuid:robot_id>/versions/<uuid:version_id>/activate",
        VersionViewSet.as_view({"post": "activate"}),
    ),
    path(
        "robots/<uuid:robot_id>/versions/<uuid:old_id>/diff/<uuid:new_id>",
        VersionViewSet.as_view({"get": "diff"}),
    ),
]
