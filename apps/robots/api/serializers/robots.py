"""Robots on the wire."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api import InputSerializer, OrderingField, OutputSerializer, PageQuery, SearchField
from apps.robots.api.serializers.fields import JSONTextField, TagsField
from apps.robots.api.serializers.versions import VersionOutput, VersionSummaryOutput
from apps.robots.models import Robot

VERSIONS_SHOWN = 100


class RobotFields(InputSerializer):
    name = serializers.CharField(min_length=3, max_length=200)
    description = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    tags = TagsField(required=False)
    pool = serializers.SlugField(max_length=60, required=False, help_text=_("Workers that serve it."))


class RobotCreateInput(RobotFields):
    """As JSON, a robot alone; as ``multipart/form-data``, also its first version and the file of it."""

    initial_version = JSONTextField(
        required=False,
        help_text=_("The fields of publishing a version as one JSON object; needs the part `artifact`."),
    )
    artifact = serializers.FileField(required=False, max_length=255)


class RobotUpdateInput(RobotFields):
    name = serializers.CharField(min_length=3, max_length=200, required=False)


class RobotTagsInput(InputSerializer):
    tags = TagsField()


class RobotListQuery(PageQuery):
    tag = serializers.CharField(max_length=60, required=False)
    search = SearchField(help_text=_("In name and description."))
    pool = serializers.CharField(max_length=60, required=False)
    ordering = OrderingField({"name": "name", "created_at": "created_at", "updated_at": "updated_at"}, default="name")


class CanaryOutput(OutputSerializer):
    """The version that takes a share of the runs, and how it does."""

    version = VersionSummaryOutput(source="canary_version")
    percent = serializers.IntegerField(source="canary_percent")
    started_at = serializers.DateTimeField(source="canary_started_at")
    finished_runs = serializers.IntegerField(source="canary_finished")
    failed_runs = serializers.IntegerField(source="canary_failed")


class RobotOutput(OutputSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    pool = serializers.CharField()
    active_version = serializers.SerializerMethodField()
    canary = serializers.SerializerMethodField()
    canary_note = serializers.CharField(help_text=_("Why the last canary was taken back, if it was."))
    created_by = serializers.CharField(source="created_by.email", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field(VersionSummaryOutput(allow_null=True))
    def get_active_version(self, robot: Any) -> Any:
        return VersionSummaryOutput(robot.active_versions[0]).data if robot.active_versions else None

    @extend_schema_field(CanaryOutput(allow_null=True))
    def get_canary(self, robot: Robot) -> Any:
        return CanaryOutput(robot).data if robot.canary_version_id else None


class RobotDetailOutput(RobotOutput):
    versions = serializers.SerializerMethodField()

    @extend_schema_field(VersionOutput(many=True))
    def get_versions(self, robot: Robot) -> Any:
        """The newest; all of them, page by page, are at the route of versions."""
        newest = robot.versions.select_related("created_by").order_by("-id")[:VERSIONS_SHOWN]
        return VersionOutput(newest, many=True).data
