"""`/api/v1/domains`."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.common.api import ApiRequest, ApiViewSet, operation, page_of, paginated, single
from apps.portal.api.serializers import (
    DomainChanges,
    DomainInput,
    DomainOutput,
    DomainQuery,
    DomainServicesQuery,
    ServiceOutput,
)
from apps.portal.errors import (
    DomainHasServices,
    DomainNameTaken,
    DomainNotFound,
    DomainSlugReserved,
    DomainSlugTaken,
)
from apps.portal.selectors.domains import domain_by_slug, domain_get, domains_list
from apps.portal.selectors.services import services_list
from apps.portal.services.domains import domain_create, domain_delete, domain_update


class DomainViewSet(ApiViewSet):
    """The shelves of the catalogue."""

    @operation(
        summary="List domains", right="service.read", query=DomainQuery, response=page_of(DomainOutput, "domains")
    )
    def list(self, request: ApiRequest) -> Response:
        domains = domains_list(actor=request.actor, search=request.query.get("search", ""))
        return paginated(request, domains, DomainOutput, key="domains")

    @operation(
        summary="Make a domain",
        right="service.manage",
        request=DomainInput,
        response=DomainOutput,
        status=201,
        errors=[DomainNameTaken, DomainSlugTaken, DomainSlugReserved],
        idempotent=True,
    )
    def create(self, request: ApiRequest) -> Response:
        domain = domain_create(actor=request.actor, **request.payload, now=timezone.now())
        return single(request, domain, DomainOutput, status=201)

    @operation(
        summary="Read a domain", right="service.read", response=DomainOutput, errors=[DomainNotFound], tagged=True
    )
    def retrieve(self, request: ApiRequest, domain_id: UUID) -> Response:
        return single(request, domain_get(actor=request.actor, domain_id=domain_id), DomainOutput)

    @operation(
        summary="Change a domain",
        right="service.manage",
        request=DomainChanges,
        response=DomainOutput,
        errors=[DomainNotFound, DomainNameTaken, DomainSlugTaken, DomainSlugReserved],
        conditional=True,
    )
    def partial_update(self, request: ApiRequest, domain_id: UUID) -> Response:
        domain = domain_get(actor=request.actor, domain_id=domain_id)
        domain = domain_update(
            actor=request.actor, domain=domain, changes=request.payload, if_match=request.if_match, now=timezone.now()
        )
        return single(request, domain, DomainOutput)

    @operation(
        summary="Remove an empty domain",
        right="service.manage",
        status=204,
        errors=[DomainNotFound, DomainHasServices],
        conditional=True,
    )
    def destroy(self, request: ApiRequest, domain_id: UUID) -> Response:
        domain = domain_get(actor=request.actor, domain_id=domain_id)
        domain_delete(actor=request.actor, domain=domain, if_match=request.if_match, now=timezone.now())
        return Response(status=204)

    @operation(
        summary="List the services of a domain",
        right="service.read",
        query=DomainServicesQuery,
        response=page_of(ServiceOutput, "services"),
        errors=[DomainNotFound],
    )
    def services(self, request: ApiRequest, slug: str) -> Response:
        domain = domain_by_slug(actor=request.actor, slug=slug)
        services = services_list(
            actor=request.actor,
            domain_id=domain.pk,
            enabled_only=not request.query["include_disabled"],
            search=request.query.get("search", ""),
        )
        return paginated(request, services, ServiceOutput, key="services")
