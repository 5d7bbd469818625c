"""Versions on the wire."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.common.api import InputSerializer, OrderingField, OutputSerializer, PageQuery, SearchField
from apps.robots.api.serializers.fields import JSONTextField
from apps.robots.models.robot import EntrypointType


class PublicationInput(InputSerializer):
    """What is said about a version. Rules of its values are the service's: they answer 400."""

    version = serializers.CharField(max_length=200, allow_blank=True, trim_whitespace=False)
    channel = serializers.CharField(max_length=40, default="stable", allow_blank=True)
    entrypoint_path = serializers.CharField(max_length=400, default="", allow_blank=True, trim_whitespace=False)
    entrypoint_type = serializers.ChoiceField(
        choices=EntrypointType.choices,
        required=False,
        help_text=_("PYTHON, unless the file is an executable, a shell script or a suite."),
    )
    arguments_json = JSONTextField(default=list, help_text=_("JSON array of strings."))
    env_vars_json = JSONTextField(default=dict, help_text=_("JSON object of strings."))
    required_env_keys_json = JSONTextField(default=list, help_text=_("JSON array of names."))
    working_directory = serializers.CharField(max_length=400, default="", allow_blank=True)
    changelog = serializers.CharField(max_length=100_000, default="", allow_blank=True)
    commit_sha = serializers.CharField(max_length=64, default="", allow_blank=True)
    branch = serializers.CharField(max_length=200, default="", allow_blank=True)
    build_url = serializers.CharField(max_length=500, default="", allow_blank=True)
    activate = serializers.BooleanField(default=True)


class VersionPublishInput(PublicationInput):
    """``multipart/form-data`` with the file in the part ``artifact``."""

    artifact = serializers.FileField(max_length=255)


class VersionActivateInput(InputSerializer):
    percent = serializers.IntegerField(
        min_value=1, max_value=100, default=100, help_text=_("Below 100: this share of the runs (a canary).")
    )


class VersionListQuery(PageQuery):
    search = SearchField(help_text=_("In number and change log."))
    ordering = OrderingField({"created_at": "created_at"}, default="-created_at")


class VersionSummaryOutput(OutputSerializer):
    id = serializers.UUIDField()
    version = serializers.CharField()
    channel = serializers.CharField()
    artifact_sha256 = serializers.CharField()


class VersionOutput(VersionSummaryOutput):
    robot_id = serializers.UUIDField()
    artifact_type = serializers.CharField()
    artifact_name = serializers.CharField()
    artifact_size = serializers.IntegerField()
    entrypoint_type = serializers.CharField()
    entrypoint_path = serializers.CharField()
    arguments = serializers.ListField(child=serializers.CharField())
    env_vars = serializers.DictField(child=serializers.CharField())
    required_env_keys = serializers.ListField(child=serializers.CharField())
    working_directory = serializers.CharField()
    changelog = serializers.CharField()
    commit_sha = serializers.CharField()
    branch = serializers.CharField()
    build_url = serializers.CharField()
    release_tags = serializers.ListField(child=serializers.CharField())
    created_by = serializers.CharField(source="created_by.email", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    is_active = serializers.BooleanField()


class FileChangeOutput(OutputSerializer):
    path = serializers.CharField()
    binary = serializers.BooleanField()
    diff = serializers.CharField(help_text=_("Unified diff; empty for binary and very large files."))
    truncated = serializers.BooleanField()


class VersionDiffOutput(OutputSerializer):
    old = VersionSummaryOutput()
    new = VersionSummaryOutput()
    added = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())
    changed = FileChangeOutput(many=True)
