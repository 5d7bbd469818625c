"""A run on the wire, as robots show it.

Robots keep their serializers to themselves (an app uses another's services and selectors, never its API), so the shape
stands here again; `tests/api/test_service_runs.py` compares both answers field by field.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api import OutputSerializer
from apps.executions.selectors import queue_position
from apps.portal.api.serializers import PlannedVersionOutput
from apps.robots.models import Run
from apps.robots.selectors.runs import status_word


class RunServiceOutput(OutputSerializer):
    id = serializers.UUIDField(source="service_id")
    title = serializers.CharField(source="service_title")


class RunProgressOutput(OutputSerializer):
    done = serializers.IntegerField(source="progress_done", allow_null=True)
    total = serializers.IntegerField(source="progress_total", allow_null=True)
    message = serializers.CharField(source="progress_message")


class RunQueueOutput(OutputSerializer):
    position = serializers.IntegerField()
    eta_seconds = serializers.FloatField(allow_null=True)


class RunArtifactOutput(OutputSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
    download_url = serializers.SerializerMethodField()

    def get_download_url(self, artifact: Any) -> str:
        return f"/api/v1/runs/{artifact.execution_id}/artifacts/{artifact.pk}/download"


class ServiceRunOutput(OutputSerializer):
    """A run of a service as lists show it."""

    id = serializers.UUIDField()
    run_id = serializers.UUIDField(source="id")
    robot_id = serializers.UUIDField()
    robot_name = serializers.CharField(source="robot.name")
    robot_version = PlannedVersionOutput(source="version")
    service = RunServiceOutput(source="*")
    parameters_json = serializers.DictField(source="parameters")
    arguments = serializers.ListField(child=serializers.CharField())
    status = serializers.SerializerMethodField()
    queued_at = serializers.DateTimeField(source="execution.queued_at")
    started_at = serializers.DateTimeField(source="execution.started_at", allow_null=True)
    finished_at = serializers.DateTimeField(source="execution.finished_at", allow_null=True)
    duration_seconds = serializers.SerializerMethodField()
    triggered_by = serializers.CharField(source="execution.requested_by_label")
    trigger_type = serializers.CharField()
    attempt = serializers.IntegerField(source="execution.attempt")
    max_attempts = serializers.IntegerField(source="execution.max_attempts")
    priority = serializers.IntegerField(source="execution.priority")
    timeout_seconds = serializers.IntegerField(source="execution.timeout_seconds")
    error_message = serializers.CharField(source="execution.error_message")
    host_name = serializers.SerializerMethodField()
    process_id = serializers.IntegerField(source="execution.process_id", allow_null=True)
    exit_code = serializers.IntegerField(source="execution.exit_code", allow_null=True)
    progress = RunProgressOutput(source="execution")
    last_seq = serializers.IntegerField(source="execution.last_seq")
    is_canary = serializers.BooleanField()
    retry_of = serializers.UUIDField(source="retry_of_id", allow_null=True)
    schedule_id = serializers.UUIDField(allow_null=True)

    def get_host_name(self, run: Run) -> str:
        return run.execution.worker.rpartition("@")[2].partition("/")[0]

    def get_status(self, run: Run) -> str:
        return status_word(run.execution.status)

    def get_duration_seconds(self, run: Run) -> float | None:
        started, finished = run.execution.started_at, run.execution.finished_at
        return round((finished - started).total_seconds(), 3) if started and finished else None


class ServiceRunDetailOutput(ServiceRunOutput):
    """The run that was just accepted: also its place in the queue."""

    queue = serializers.SerializerMethodField()
    artifacts = RunArtifactOutput(source="execution.artifacts.all", many=True)

    @extend_schema_field(RunQueueOutput(allow_null=True))
    def get_queue(self, run: Run) -> Any:
        return queue_position(run.execution)
