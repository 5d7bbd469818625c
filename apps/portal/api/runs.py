"""Runs of a service: `/api/v1/services/{id}/run` and `/api/v1/services/{id}/runs`."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.common.api import ApiRequest, ApiViewSet, operation, page_of, paginated_long, single
from apps.portal.api.serializers import PlanOutput, ServiceRunInput, ServiceRunsQuery
from apps.portal.errors import InvalidParameters, ServiceDisabled, ServiceNotFound
from apps.portal.selectors.scorecard import service_runs
from apps.portal.selectors.services import service_get
from apps.portal.services.runs import service_plan, service_run
from apps.robots.api.serializers.runs import RunOutput
from apps.robots.errors import InvalidEnvironment, MissingEnvironment, RobotArchived, VersionNotFound


class ServiceRunViewSet(ApiViewSet):
    """Running what the portal offers."""

    @extend_schema(responses={200: PlanOutput, 202: RunOutput})
    @operation(
        summary="Run a service (202), or with `dry_run` show the frozen plan and write nothing (200)",
        right="service.run",
        request=ServiceRunInput,
        response=RunOutput,
        status=202,
        errors=[
            ServiceNotFound,
            ServiceDisabled,
            InvalidParameters,
            VersionNotFound,
            RobotArchived,
            MissingEnvironment,
            InvalidEnvironment,
        ],
        idempotent=True,
    )
    def create(self, request: ApiRequest, service_id: UUID) -> Response:
        service = service_get(actor=request.actor, service_id=service_id)
        parameters = request.payload["parameters"]
        if request.payload["dry_run"]:
            return Response(PlanOutput(service_plan(actor=request.actor, service=service, parameters=parameters)).data)
        run = service_run(actor=request.actor, service=service, parameters=parameters, now=timezone.now())
        return single(request, run, RunOutput, status=202)

    @operation(
        summary="List a service's runs, newest first",
        right="service.read",
        query=ServiceRunsQuery,
        response=page_of(RunOutput, "runs", long=True),
        errors=[ServiceNotFound],
    )
    def list(self, request: ApiRequest, service_id: UUID) -> Response:
        service = service_get(actor=request.actor, service_id=service_id)
        return paginated_long(request, service_runs(actor=request.actor, service=service), RunOutput, key="runs")
