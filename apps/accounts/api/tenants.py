"""Routes of an organization about itself."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.response import Response

from apps.accounts.api.serializers.tenants import (
    SETTINGS_OR_CHANGES,
    OrganizationInput,
    OrganizationOutput,
    OrganizationSettingsInput,
    OrganizationSettingsOutput,
    SettingsUpdateQuery,
    settings_changes,
)
from apps.accounts.selectors.organizations import organization_get, organization_settings_get
from apps.accounts.services.organizations import (
    MANAGE,
    organization_settings_preview,
    organization_settings_update,
    organization_update,
)
from apps.common.api import ApiRequest, ApiViewSet, Right, operation, single


class OrganizationViewSet(ApiViewSet):
    """The organization that the credentials belong to."""

    @operation(
        summary="The organization itself, its hosts and settings",
        right=Right.AUTHENTICATED,
        response=OrganizationOutput,
        tagged=True,
    )
    def retrieve(self, request: ApiRequest) -> Response:
        return single(request, organization_get(actor=request.actor), OrganizationOutput)

    @operation(
        summary="Change name, logo or colour",
        right=MANAGE,
        request=OrganizationInput,
        response=OrganizationOutput,
        conditional=True,
    )
    def update(self, request: ApiRequest) -> Response:
        organization_update(actor=request.actor, changes=request.payload, if_match=request.if_match, now=timezone.now())
        return single(request, organization_get(actor=request.actor), OrganizationOutput)


class OrganizationSettingsViewSet(ApiViewSet):
    """The rules that the organization works by."""

    @operation(
        summary="The organization's settings; the defaults until they are changed",
        right=Right.AUTHENTICATED,
        response=OrganizationSettingsOutput,
        tagged=True,
    )
    def retrieve(self, request: ApiRequest) -> Response:
        settings = organization_settings_get(actor=request.actor)
        return single(request, settings, OrganizationSettingsOutput)

    @operation(
        summary="Change settings, or see what would change; what is left out stays",
        right=MANAGE,
        request=OrganizationSettingsInput,
        query=SettingsUpdateQuery,
        response=SETTINGS_OR_CHANGES,
        conditional=True,
    )
    def update(self, request: ApiRequest) -> Response:
        if request.query["dry_run"]:
            preview = organization_settings_preview(
                actor=request.actor, changes=request.payload, if_match=request.if_match
            )
            return Response(settings_changes(preview))
        settings = organization_settings_update(
            actor=request.actor, changes=request.payload, if_match=request.if_match, now=timezone.now()
        )
        return single(request, settings, OrganizationSettingsOutput)
