"""Routes of who runs the platform, about every organization."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.accounts.api.serializers.platform import (
    PlatformOrganizationCreateInput,
    PlatformOrganizationListQuery,
    PlatformOrganizationUpdateInput,
    PurgeCertificateOutput,
)
from apps.accounts.api.serializers.tenants import (
    SETTINGS_OR_CHANGES,
    OrganizationOutput,
    OrganizationSettingsInput,
    OrganizationSettingsOutput,
    SettingsUpdateQuery,
    settings_changes,
)
from apps.accounts.errors import SupportForbidden, UserAlreadyExists
from apps.accounts.selectors.organizations import (
    certificate_get,
    organization_any_get,
    organization_settings_of,
    organizations_visible,
)
from apps.accounts.services.organizations import MANAGE
from apps.accounts.services.platform_organizations import (
    platform_organization_create,
    platform_organization_remove,
    platform_organization_update,
    platform_settings_preview,
    platform_settings_update,
)
from apps.common.api import ApiRequest, ApiViewSet, Right, operation, page_of, paginated, single
from apps.common.errors import PermissionDenied, Unavailable
from apps.tenants.errors import (
    CertificateNotFound,
    DomainTaken,
    InvalidHost,
    OrganizationNotFound,
    PurgeTooEarly,
    SlugTaken,
)

RIGHT = "platform.manage"


class PlatformOrganizationViewSet(ApiViewSet):
    """Every organization but the platform itself."""

    @operation(
        summary="Organizations, by name or as ordered",
        right=RIGHT,
        query=PlatformOrganizationListQuery,
        response=page_of(OrganizationOutput, "tenants"),
    )
    def list(self, request: ApiRequest) -> Response:
        filters = {name: value for name, value in request.query.items() if name not in {"page", "limit", "ordering"}}
        rows = organizations_visible(actor=request.actor, **filters)
        return paginated(request, rows, OrganizationOutput, key="tenants")

    @operation(
        summary="Make an organization, and invite its first administrator",
        right=RIGHT,
        request=PlatformOrganizationCreateInput,
        response=OrganizationOutput,
        status=201,
        errors=[InvalidHost, DomainTaken, SlugTaken, SupportForbidden, UserAlreadyExists],
        idempotent=True,
    )
    def create(self, request: ApiRequest) -> Response:
        first = {"name", "slug", "administrator_email"}
        made = platform_organization_create(
            actor=request.actor,
            **{name: value for name, value in request.payload.items() if name in first},
            changes={name: value for name, value in request.payload.items() if name not in first},
            now=timezone.now(),
        )
        shown = organization_any_get(actor=request.actor, organization_id=made.pk)
        return single(request, shown, OrganizationOutput, status=201)

    @operation(
        summary="One organization", right=RIGHT, response=OrganizationOutput, errors=[OrganizationNotFound], tagged=True
    )
    def retrieve(self, request: ApiRequest, organization_id: UUID) -> Response:
        shown = organization_any_get(actor=request.actor, organization_id=organization_id)
        return single(request, shown, OrganizationOutput)

    @operation(
        summary="Change an organization, switch it off or on; what is left out stays",
        right=RIGHT,
        request=PlatformOrganizationUpdateInput,
        response=OrganizationOutput,
        errors=[OrganizationNotFound, InvalidHost, DomainTaken, SupportForbidden],
        conditional=True,
    )
    def update(self, request: ApiRequest, organization_id: UUID) -> Response:
        platform_organization_update(
            actor=request.actor,
            organization_id=organization_id,
            changes=request.payload,
            if_match=request.if_match,
            now=timezone.now(),
        )
        shown = organization_any_get(actor=request.actor, organization_id=organization_id)
        return single(request, shown, OrganizationOutput)

    @operation(
        summary="Switch an organization off; asked again after the days of ORGANIZATION_PURGE_DAYS, erase it for good",
        right=RIGHT,
        status=204,
        errors=[OrganizationNotFound, PurgeTooEarly, Unavailable],
        conditional=True,
    )
    def destroy(self, request: ApiRequest, organization_id: UUID) -> Response:
        platform_organization_remove(
            actor=request.actor, organization_id=organization_id, if_match=request.if_match, now=timezone.now()
        )
        return Response(status=204)


class PlatformSettingsViewSet(ApiViewSet):
    """The rules that an organization works by: its own people's to see, and those of who runs the platform."""

    @operation(
        summary="An organization's settings; the defaults until they are changed",
        right=Right.AUTHENTICATED,
        response=OrganizationSettingsOutput,
        errors=[OrganizationNotFound, PermissionDenied],
        tagged=True,
    )
    def retrieve(self, request: ApiRequest, organization_id: UUID) -> Response:
        found = organization_settings_of(actor=request.actor, organization_id=organization_id)
        return single(request, found, OrganizationSettingsOutput)

    @operation(
        summary="Change an organization's settings, or see what would change; what is left out stays",
        right=MANAGE,
        request=OrganizationSettingsInput,
        query=SettingsUpdateQuery,
        response=SETTINGS_OR_CHANGES,
        errors=[OrganizationNotFound, SupportForbidden],
        conditional=True,
    )
    def update(self, request: ApiRequest, organization_id: UUID) -> Response:
        given: Any = {"organization_id": organization_id, "changes": request.payload, "if_match": request.if_match}
        if request.query["dry_run"]:
            return Response(settings_changes(platform_settings_preview(actor=request.actor, **given)))
        settings = platform_settings_update(actor=request.actor, **given, now=timezone.now())
        return single(request, settings, OrganizationSettingsOutput)


class PurgeCertificateViewSet(ApiViewSet):
    """What stays of organizations that are gone."""

    @operation(
        summary="The certificate of an organization's erasure: what went, counted, and the SHA-256 of that document",
        right=RIGHT,
        response=PurgeCertificateOutput,
        errors=[CertificateNotFound],
        tagged=True,
    )
    def retrieve(self, request: ApiRequest, organization_id: UUID) -> Response:
        found = certificate_get(actor=request.actor, organization_id=organization_id)
        return single(request, found, PurgeCertificateOutput)
