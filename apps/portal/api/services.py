"""`/api/v1/services`."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.common.api import ApiRequest, ApiViewSet, operation, page_of, paginated, single
from apps.portal.api.serializers import (
    FormOutput,
    FormQuery,
    ScorecardOutput,
    ServiceChanges,
    ServiceInput,
    ServiceOutput,
    ServiceQuery,
)
from apps.portal.errors import (
    DomainNotFound,
    InvalidDefaultVersion,
    InvalidFormSchema,
    InvalidRunTemplate,
    ServiceHasRuns,
    ServiceNotFound,
    ServiceTitleTaken,
)
from apps.portal.selectors.forms import form_fields
from apps.portal.selectors.scorecard import service_scorecard
from apps.portal.selectors.services import service_get, services_list
from apps.portal.services.services import service_create, service_delete, service_update
from apps.robots.errors import RobotArchived, RobotNotFound

REFUSALS = (
    DomainNotFound,
    RobotNotFound,
    RobotArchived,
    ServiceTitleTaken,
    InvalidFormSchema,
    InvalidRunTemplate,
    InvalidDefaultVersion,
)


class ServiceViewSet(ApiViewSet):
    """What the portal offers."""

    @operation(
        summary="List services", right="service.read", query=ServiceQuery, response=page_of(ServiceOutput, "services")
    )
    def list(self, request: ApiRequest) -> Response:
        services = services_list(
            actor=request.actor,
            domain_id=request.query.get("domain_id"),
            enabled_only=request.query["enabled_only"],
            search=request.query.get("search", ""),
        )
        return paginated(request, services, ServiceOutput, key="services")

    @operation(
        summary="Offer a robot as a service",
        right="service.manage",
        request=ServiceInput,
        response=ServiceOutput,
        status=201,
        errors=REFUSALS,
        idempotent=True,
    )
    def create(self, request: ApiRequest) -> Response:
        service = service_create(actor=request.actor, **request.payload, now=timezone.now())
        return single(request, service, ServiceOutput, status=201)

    @operation(
        summary="Read a service", right="service.read", response=ServiceOutput, errors=[ServiceNotFound], tagged=True
    )
    def retrieve(self, request: ApiRequest, service_id: UUID) -> Response:
        return single(request, service_get(actor=request.actor, service_id=service_id), ServiceOutput)

    @operation(
        summary="Change a service; each save is a numbered revision",
        right="service.manage",
        request=ServiceChanges,
        response=ServiceOutput,
        errors=[ServiceNotFound, *REFUSALS],
        conditional=True,
    )
    def partial_update(self, request: ApiRequest, service_id: UUID) -> Response:
        service = service_get(actor=request.actor, service_id=service_id)
        service = service_update(
            actor=request.actor, service=service, changes=request.payload, if_match=request.if_match, now=timezone.now()
        )
        return single(request, service, ServiceOutput)

    @operation(
        summary="Remove a service that never ran",
        right="service.manage",
        status=204,
        errors=[ServiceNotFound, ServiceHasRuns],
        conditional=True,
    )
    def destroy(self, request: ApiRequest, service_id: UUID) -> Response:
        service = service_get(actor=request.actor, service_id=service_id)
        service_delete(actor=request.actor, service=service, if_match=request.if_match, now=timezone.now())
        return Response(status=204)

    @operation(
        summary="Read a service's form as this user sees it",
        right="service.read",
        query=FormQuery,
        response=FormOutput,
        errors=[ServiceNotFound],
    )
    def form(self, request: ApiRequest, service_id: UUID) -> Response:
        service = service_get(actor=request.actor, service_id=service_id)
        fields = form_fields(actor=request.actor, service=service, answers=request.query.get("answers", {}))
        return Response(FormOutput({"service": service, "fields": fields}).data)

    @operation(
        summary="Read how a service has been doing",
        right="service.read",
        response=ScorecardOutput,
        errors=[ServiceNotFound],
    )
    def scorecard(self, request: ApiRequest, service_id: UUID) -> Response:
        service = service_get(actor=request.actor, service_id=service_id)
        return Response(ScorecardOutput(service_scorecard(actor=request.actor, service=service)).data)
