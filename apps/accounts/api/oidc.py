"""Routes of an organization's own issuer."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.response import Response

from apps.accounts.api.serializers.oidc import OidcSettingsInput, OidcSettingsOutput
from apps.accounts.errors import (
    InvalidRole,
    OidcNotConfigured,
    OidcNotOnPlatform,
    OidcUnreachable,
    PermissionNotHeld,
)
from apps.accounts.selectors import oidc_settings_get
from apps.accounts.services.oidc_settings import MANAGE, oidc_settings_delete, oidc_settings_save
from apps.common.api import ApiRequest, ApiViewSet, operation, single


class OidcSettingsViewSet(ApiViewSet):
    """Signing in with accounts of another system, by OpenID Connect."""

    @operation(
        summary="The issuer whose accounts may sign in",
        right=MANAGE,
        response=OidcSettingsOutput,
        errors=[OidcNotConfigured],
    )
    def retrieve(self, request: ApiRequest) -> Response:
        return single(request, oidc_settings_get(actor=request.actor), OidcSettingsOutput)

    @operation(
        summary="Set up the issuer, or change it; what is left out stays",
        right=MANAGE,
        request=OidcSettingsInput,
        response=OidcSettingsOutput,
        errors=[OidcUnreachable, OidcNotOnPlatform, InvalidRole, PermissionNotHeld],
        conditional=True,
    )
    def update(self, request: ApiRequest) -> Response:
        row = oidc_settings_save(
            actor=request.actor, changes=request.payload, if_match=request.if_match, now=timezone.now()
        )
        return single(request, row, OidcSettingsOutput)

    @operation(
        summary="Take the issuer away; passwords work again",
        right=MANAGE,
        status=204,
        errors=[OidcNotConfigured],
        conditional=True,
    )
    def destroy(self, request: ApiRequest) -> Response:
        oidc_settings_delete(actor=request.actor, if_match=request.if_match, now=timezone.now())
        return Response(status=204)
