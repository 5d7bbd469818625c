"""Routes of an organization's own issuer."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.response import Response

from apps.accounts.api.serializers.oidc import OidcLoginQuery, OidcSettingsInput, OidcSettingsOutput
from apps.accounts.errors import (
    InvalidRole,
    OidcNotConfigured,
    OidcNotOnPlatform,
    OidcUnreachable,
    PermissionNotHeld,
)
from apps.accounts.oidc.flow import LOGIN
from apps.accounts.pages.oidc import begun
from apps.accounts.selectors.oidc import oidc_settings_get
from apps.accounts.services.oidc_settings import MANAGE, oidc_settings_delete, oidc_settings_save
from apps.accounts.tenancy import organization_of_host
from apps.common.api import ApiRequest, ApiViewSet, Right, operation, single
from apps.common.errors import InvalidInput
from apps.tenants.errors import OrganizationNotFound
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import organization_by_slug, organization_url


class OidcSignInViewSet(ApiViewSet):
    """The way to the issuer and, at ``/oidc/callback``, back."""

    @operation(
        summary="Send a browser to the organization's issuer, to sign in to its portal and back-office",
        right=Right.PUBLIC,
        query=OidcLoginQuery,
        status=302,
        produces=["text/html"],
        errors=[OrganizationNotFound, OidcNotConfigured],
    )
    def login(self, request: ApiRequest) -> HttpResponseBase:
        host = organization_of_host(request.get_host())
        slug, wanted = request.query.get("organization"), request.query.get("next", "")
        if host is None:
            return HttpResponseRedirect(_own_address(slug, wanted))
        if slug not in {None, host.slug}:
            raise OrganizationNotFound
        return begun(request._request, target=wanted, now=timezone.now())


def _own_address(slug: str | None, wanted: str) -> str:
    """The same address on the organization's own host, whose cookies the sign-in needs."""
    if slug is None:
        raise InvalidInput(errors={"organization": [_("This field is required.")]})
    organization = organization_by_slug(slug)
    if organization is None or organization.schema_name == PLATFORM:
        raise OrganizationNotFound
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    return f"{organization_url(organization)}{LOGIN}{query}"


class OidcSettingsViewSet(ApiViewSet):
    """Signing in with accounts of another system, by OpenID Connect."""

    @operation(
        summary="The issuer whose accounts may sign in",
        right=MANAGE,
        response=OidcSettingsOutput,
        errors=[OidcNotConfigured],
        tagged=True,
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
