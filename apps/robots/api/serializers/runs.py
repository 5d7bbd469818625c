"""Runs, their logs and artifacts on the wire."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api import (
    CursorQuery,
    DirectionField,
    InputSerializer,
    OrderingField,
    OutputSerializer,
    PageQuery,
    SearchField,
    Written,
)
from apps.executions.models import Artifact
from apps.robots.api.serializers.fields import MomentField
from apps.robots.api.serializers.versions import VersionSummaryOutput
from apps.robots.models import Run, TriggerType
from apps.robots.selectors.run_json import run_rows, runs_after, runs_read, runs_written
from apps.robots.selectors.runs import STATUSES, BesideRuns, beside_runs, status_word

LONGEST_TIMEOUT_SECONDS = 7 * 24 * 3600
HIGHEST_PRIORITY = 100
MOST_LINES = 5000
_MILLISECOND, _HALF = timedelta(milliseconds=1), timedelta(microseconds=500)


class RunExecuteInput(InputSerializer):
    version_id = serializers.UUIDField(required=False, help_text=_("Another version than the active one."))
    runtime_arguments = serializers.ListField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False
    )
    runtime_env = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False
    )
    parameters = serializers.DictField(required=False, help_text=_("The robot reads them as JSON."))
    priority = serializers.IntegerField(min_value=-HIGHEST_PRIORITY, max_value=HIGHEST_PRIORITY, required=False)
    timeout_seconds = serializers.IntegerField(min_value=1, max_value=LONGEST_TIMEOUT_SECONDS, required=False)


class RunFilters(InputSerializer):
    robot_id = serializers.UUIDField(required=False)
    service_id = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=sorted(STATUSES), required=False)
    triggered_by = serializers.CharField(max_length=254, required=False, help_text=_("Id or e-mail of a user."))
    trigger_type = serializers.ChoiceField(choices=TriggerType.values, required=False)
    since = MomentField(required=False)
    until = MomentField(required=False)


class RunListQuery(CursorQuery, RunFilters):
    """Pages, or from a cursor on, which costs the same however far it is."""

    ordering = DirectionField("queued_at")


class RunStatsQuery(InputSerializer):
    robot_id = serializers.UUIDField(required=False)
    since = MomentField(required=False, help_text=_("30 days ago, unless given."))
    until = MomentField(required=False)


class ServiceSummaryOutput(OutputSerializer):
    id = serializers.UUIDField(source="service_id")
    title = serializers.CharField(source="service_title")

    def to_representation(self, run: Run) -> Any:
        return super().to_representation(run) if run.service_id else None


class ProgressOutput(OutputSerializer):
    done = serializers.IntegerField(source="progress_done", allow_null=True)
    total = serializers.IntegerField(source="progress_total", allow_null=True)
    message = serializers.CharField(source="progress_message")


class QueueOutput(OutputSerializer):
    position = serializers.IntegerField()
    eta_seconds = serializers.FloatField(allow_null=True)


class ArtifactOutput(OutputSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
    download_url = serializers.SerializerMethodField()

    def get_download_url(self, artifact: Artifact) -> str:
        return f"/api/v1/runs/{artifact.execution_id}/artifacts/{artifact.pk}/download"


class RunOutput(OutputSerializer):
    """A run, the same wherever one is shown: also its place in the queue while it waits, and the files it left."""

    id = serializers.UUIDField()
    run_id = serializers.UUIDField(source="id")
    robot_id = serializers.UUIDField()
    robot_name = serializers.CharField(source="robot.name")
    robot_version = VersionSummaryOutput(source="version")
    service = ServiceSummaryOutput(source="*", allow_null=True)
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
    progress = ProgressOutput(source="execution")
    last_seq = serializers.IntegerField(source="execution.last_seq")
    is_canary = serializers.BooleanField()
    retry_of = serializers.UUIDField(source="retry_of_id", allow_null=True)
    schedule_id = serializers.UUIDField(allow_null=True)
    queue = serializers.SerializerMethodField()
    artifacts = serializers.SerializerMethodField()

    beside = BesideRuns()
    written = Written(run_rows, runs_read, runs_after, runs_written)

    def get_host_name(self, run: Run) -> str:
        """Workers are called ``celery@host/process``."""
        return run.execution.worker.rpartition("@")[2].partition("/")[0]

    def get_status(self, run: Run) -> str:
        return status_word(run.execution.status)

    def get_duration_seconds(self, run: Run) -> float | None:
        started, finished = run.execution.started_at, run.execution.finished_at
        return (finished - started + _HALF) // _MILLISECOND / 1000 if started and finished else None

    @extend_schema_field(QueueOutput(allow_null=True))
    def get_queue(self, run: Run) -> Any:
        place = self._beside(run).places.get(run.pk)
        return None if place is None else asdict(place)

    @extend_schema_field(ArtifactOutput(many=True))
    def get_artifacts(self, run: Run) -> Any:
        return [self._artifact.to_representation(artifact) for artifact in self._beside(run).artifacts[run.pk]]

    @cached_property
    def _artifact(self) -> ArtifactOutput:
        return ArtifactOutput()

    def _beside(self, run: Run) -> BesideRuns:
        if run.pk not in self.beside.artifacts:
            self.beside = beside_runs([run])
        return self.beside


class ArtifactListQuery(PageQuery):
    search = SearchField(max_length=255, help_text=_("In the name."))
    ordering = OrderingField({"name": "name", "size": "size", "created_at": "created_at"}, default="name")


class LogQuery(InputSerializer):
    after = serializers.IntegerField(min_value=0, max_value=2**62, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_LINES, default=1000)
    format = serializers.ChoiceField(choices=["json", "text"], default="json")


class StreamQuery(InputSerializer):
    after = serializers.CharField(max_length=40, required=False, help_text=_("Number of the last line seen."))
    token = serializers.CharField(required=False, help_text=_("An access token, for EventSource."))
    ticket = serializers.CharField(required=False, help_text=_("A ticket of `/ws/ticket`."))


class LogLineOutput(OutputSerializer):
    seq = serializers.IntegerField()
    timestamp = serializers.DateTimeField()
    level = serializers.CharField()
    stream = serializers.CharField()
    message = serializers.CharField()


class LogOutput(OutputSerializer):
    logs = LogLineOutput(many=True)
    last_seq = serializers.IntegerField(help_text=_("Number of the last stored line."))
    truncated = serializers.BooleanField(help_text=_("Whether storage cut lines out of the log."))


class DurationOutput(OutputSerializer):
    runs = serializers.IntegerField()
    success = serializers.IntegerField()
    failed = serializers.IntegerField()
    canceled = serializers.IntegerField()
    lost = serializers.IntegerField()
    p50_seconds = serializers.FloatField(allow_null=True)
    p95_seconds = serializers.FloatField(allow_null=True)
    p99_seconds = serializers.FloatField(allow_null=True)


class DayStatsOutput(DurationOutput):
    day = serializers.DateField()


class RobotStatsOutput(DurationOutput):
    robot_id = serializers.UUIDField()
    robot_name = serializers.CharField()


class StatusStatsOutput(OutputSerializer):
    status = serializers.CharField()
    runs = serializers.IntegerField()
    p50_seconds = serializers.FloatField(allow_null=True)
    p95_seconds = serializers.FloatField(allow_null=True)
    p99_seconds = serializers.FloatField(allow_null=True)


class RunStatsOutput(OutputSerializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    total = DurationOutput()
    by_day = DayStatsOutput(many=True)
    by_robot = RobotStatsOutput(many=True)
    by_status = StatusStatsOutput(many=True)
