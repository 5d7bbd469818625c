"""Routes under /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.robots.api.artifacts import ArtifactViewSet
from apps.robots.api.robots import RobotViewSet
from apps.robots.api.runs import RunViewSet
from apps.robots.api.schedules import ScheduleViewSet
from apps.robots.api.versions import VersionViewSet

urlpatterns: list[URLPattern] = [
    path("robots", RobotViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "robots/<uuid:robot_id>",
        RobotViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
    path("robots/<uuid:robot_id>/tags", RobotViewSet.as_view({"patch": "tags"})),
    path("robots/<uuid:robot_id>/versions/publish", VersionViewSet.as_view({"post": "publish"})),
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
    path("robots/<uuid:robot_id>/schedules", ScheduleViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "robots/<uuid:robot_id>/schedules/<uuid:schedule_id>",
        ScheduleViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
    path("runs", RunViewSet.as_view({"get": "list"})),
    path("runs/stats", RunViewSet.as_view({"get": "stats"})),
    path("runs/<uuid:robot_id>/execute", RunViewSet.as_view({"post": "execute"})),
    path("runs/<uuid:run_id>", RunViewSet.as_view({"get": "retrieve"})),
    path("runs/<uuid:run_id>/logs", RunViewSet.as_view({"get": "logs"})),
    path("runs/<uuid:run_id>/logs/stream", RunViewSet.as_view({"get": "stream"})),
    path("runs/<uuid:run_id>/cancel", RunViewSet.as_view({"post": "cancel"})),
    path("runs/<uuid:run_id>/retry", RunViewSet.as_view({"post": "retry"})),
    path("runs/<uuid:run_id>/artifacts", ArtifactViewSet.as_view({"get": "list"})),
    path("runs/<uuid:run_id>/artifacts/<uuid:artifact_id>/download", ArtifactViewSet.as_view({"get": "download"})),
]
