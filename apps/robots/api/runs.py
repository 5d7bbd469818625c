"""Routes of runs."""

from __future__ import annotations

from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.response import Response

from apps.common.api import ApiRequest, ApiViewSet, operation, page_of, paginated_long, single
from apps.common.errors import BadRequest
from apps.executions.selectors import log_lines
from apps.robots.api.downloads import log_as_events, log_as_text
from apps.robots.api.serializers.runs import (
    LogOutput,
    LogQuery,
    RunExecuteInput,
    RunListQuery,
    RunOutput,
    RunStatsOutput,
    RunStatsQuery,
    StreamQuery,
)
from apps.robots.errors import (
    InvalidEnvironment,
    MissingEnvironment,
    RobotArchived,
    RobotNotFound,
    RunFinished,
    RunNotFinished,
    RunNotFound,
    VersionNotFound,
)
from apps.robots.live.places import place_of
from apps.robots.models import TriggerType
from apps.robots.selectors.robots import robot_get, version_get
from apps.robots.selectors.runs import run_get, run_list, run_shown
from apps.robots.selectors.stats import run_stats
from apps.robots.services.runs import run_cancel, run_retry, run_start

RUN, CANCEL = "robot.run", "run.cancel"
FILTERS = ("robot_id", "service_id", "status", "triggered_by", "trigger_type", "since", "until")


class RunViewSet(ApiViewSet):
    """Runs: started, listed, read, cancelled, started again."""

    @operation(
        summary="Run a robot",
        right=RUN,
        request=RunExecuteInput,
        response=RunOutput,
        status=202,
        errors=[RobotNotFound, VersionNotFound, MissingEnvironment, InvalidEnvironment, BadRequest],
        idempotent=True,
    )
    def execute(self, request: ApiRequest, robot_id: UUID) -> Response:
        payload = dict(request.payload)
        actor, version_id, version = request.actor, payload.pop("version_id", None), None
        robot = robot_get(actor=actor, robot_id=robot_id, action=RUN)
        if version_id is not None:
            version = version_get(actor=actor, robot_id=robot_id, version_id=version_id, action=RUN)
        run = run_start(
            actor=actor,
            robot=robot,
            version=version,
            trigger_type=TriggerType.API if actor.type == "api_key" else TriggerType.MANUAL,
            now=timezone.now(),
            **payload,
        )
        return single(request, run, RunOutput, status=202)

    @operation(
        summary="Runs, newest first",
        right="run.read",
        query=RunListQuery,
        response=page_of(RunOutput, "runs", long=True),
    )
    def list(self, request: ApiRequest) -> Response:
        filters = {name: request.query.get(name) for name in FILTERS}
        return paginated_long(request, run_list(actor=request.actor, **filters, bare=True), RunOutput, key="runs")

    @operation(summary="One run", right="run.read", response=RunOutput, errors=[RunNotFound], tagged=True)
    def retrieve(self, request: ApiRequest, run_id: UUID) -> Response:
        return single(request, run_get(actor=request.actor, run_id=run_id), RunOutput)

    @operation(
        summary="Lines of a run's log, ascending, after a number; or the whole as text",
        right="run.read",
        query=LogQuery,
        response=LogOutput,
        errors=[RunNotFound],
        produces=["text/plain"],
    )
    def logs(self, request: ApiRequest, run_id: UUID) -> Response | StreamingHttpResponse:
        """Some mebibytes at once: where lines are long, fewer than `limit` come, and none only behind the last."""
        run = run_get(actor=request.actor, run_id=run_id)
        if request.query["format"] == "text":
            return log_as_text(run)
        lines = log_lines(execution=run.execution, after=request.query["after"], limit=request.query["limit"])
        log = {"logs": lines, "last_seq": run.execution.last_seq, "truncated": run.execution.log_truncated}
        return Response(LogOutput(log).data)

    @extend_schema(
        responses={
            (200, "text/event-stream"): OpenApiTypes.STR,
            204: OpenApiResponse(description="The viewer has it all."),
        }
    )
    @operation(
        summary="The log live, as Server-Sent Events; Last-Event-ID resumes",
        right="run.read",
        query=StreamQuery,
        response=OpenApiTypes.STR,
        errors=[RunNotFound],
        produces=["text/event-stream"],
    )
    def stream(self, request: ApiRequest, run_id: UUID) -> Response | StreamingHttpResponse:
        run = run_get(actor=request.actor, run_id=run_id)
        place = place_of(after=request.query.get("after"), last_event_id=request.headers.get("Last-Event-ID"))
        return Response(status=204) if place.is_end else log_as_events(run, after=place.after)

    @extend_schema(responses={200: RunOutput, 202: RunOutput})
    @operation(
        summary="Cancel a run: at once while it waits, else its processes are stopped; 200 where it was cancelled",
        right=CANCEL,
        response=RunOutput,
        status=202,
        errors=[RunNotFound, RunFinished],
        idempotent=True,
    )
    def cancel(self, request: ApiRequest, run_id: UUID) -> Response:
        run = run_get(actor=request.actor, run_id=run_id, action=CANCEL)
        accepted = run_cancel(actor=request.actor, run=run, now=timezone.now())
        return single(request, run_shown(run_id), RunOutput, status=202 if accepted else 200)

    @operation(
        summary="Run again with the same frozen inputs",
        right=RUN,
        response=RunOutput,
        status=202,
        errors=[RunNotFound, RunNotFinished, RobotArchived],
        idempotent=True,
    )
    def retry(self, request: ApiRequest, run_id: UUID) -> Response:
        first = run_get(actor=request.actor, run_id=run_id, action=RUN)
        run = run_retry(actor=request.actor, run=first, now=timezone.now())
        return single(request, run, RunOutput, status=202)

    @operation(
        summary="Counts and duration percentiles by day, robot and status",
        right="run.read",
        query=RunStatsQuery,
        response=RunStatsOutput,
    )
    def stats(self, request: ApiRequest) -> Response:
        wanted = {name: request.query.get(name) for name in ("robot_id", "since", "until")}
        return Response(RunStatsOutput(run_stats(actor=request.actor, **wanted, now=timezone.now())).data)
