"""Routes under /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.accounts.api.api_keys import ApiKeyViewSet
from apps.accounts.api.auth import AuthViewSet
from apps.accounts.api.grants import UserPermissionViewSet
from apps.accounts.api.oidc import OidcSettingsViewSet, OidcSignInViewSet
from apps.accounts.api.passwords import PasswordViewSet
from apps.accounts.api.platform import PlatformOrganizationViewSet, PlatformSettingsViewSet, PurgeCertificateViewSet
from apps.accounts.api.second_factors import SecondFactorViewSet
from apps.accounts.api.sessions import SessionViewSet
from apps.accounts.api.sockets import SocketTicketViewSet
from apps.accounts.api.support import OwnSupportGrantViewSet, SupportGrantViewSet
from apps.accounts.api.tenants import OrganizationSettingsViewSet, OrganizationViewSet
from apps.accounts.api.user_files import UserFileViewSet
from apps.accounts.api.users import UserViewSet

urlpatterns: list[URLPattern] = [
    path("auth/register", AuthViewSet.as_view({"post": "register"})),
    path("auth/login", AuthViewSet.as_view({"post": "login"})),
    path("auth/refresh", AuthViewSet.as_view({"post": "refresh"})),
    path("auth/logout", AuthViewSet.as_view({"post": "logout"})),
    path("auth/me", AuthViewSet.as_view({"get": "me", "patch": "update_me"})),
    path("auth/forgot-password", PasswordViewSet.as_view({"post": "forgot"})),
    path("auth/reset-password", PasswordViewSet.as_view({"post": "reset"})),
    path("auth/change-password", PasswordViewSet.as_view({"post": "change"})),
    path("auth/oidc/login", OidcSignInViewSet.as_view({"get": "login"})),
    path("auth/sessions", SessionViewSet.as_view({"get": "list"})),
    path("auth/sessions/<uuid:session_id>", SessionViewSet.as_view({"delete": "destroy"})),
    path("auth/second-factor", SecondFactorViewSet.as_view({"get": "retrieve", "post": "begin"})),
    path("auth/second-factor/confirm", SecondFactorViewSet.as_view({"post": "confirm"})),
    path("auth/second-factor/disable", SecondFactorViewSet.as_view({"post": "disable"})),
    path("auth/second-factor/recovery-codes", SecondFactorViewSet.as_view({"post": "renew_codes"})),
    path("users", UserViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "users/<uuid:user_id>",
        UserViewSet.as_view({"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}),
    ),
    path("users/import", UserFileViewSet.as_view({"post": "take"})),
    path("users/export", UserFileViewSet.as_view({"get": "give"})),
    path("users/<uuid:user_id>/permissions", UserPermissionViewSet.as_view({"get": "list", "post": "create"})),
    path("users/<uuid:user_id>/permissions/explain", UserPermissionViewSet.as_view({"get": "explain"})),
    path("users/<uuid:user_id>/permissions/<uuid:grant_id>", UserPermissionViewSet.as_view({"delete": "destroy"})),
    path("users/<uuid:user_id>/second-factor", SecondFactorViewSet.as_view({"delete": "destroy"})),
    path("api-keys", ApiKeyViewSet.as_view({"get": "list", "post": "create"})),
    path("api-keys/<uuid:key_id>", ApiKeyViewSet.as_view({"delete": "destroy"})),
    path("tenants", PlatformOrganizationViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "tenants/<uuid:organization_id>",
        PlatformOrganizationViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
    path("tenants/<uuid:organization_id>/certificate", PurgeCertificateViewSet.as_view({"get": "retrieve"})),
    path(
        "tenants/<uuid:organization_id>/settings",
        PlatformSettingsViewSet.as_view({"get": "retrieve", "put": "update"}),
    ),
    path(
        "tenants/<uuid:organization_id>/support-grants",
        SupportGrantViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path(
        "tenants/<uuid:organization_id>/support-grants/<uuid:support_grant_id>",
        SupportGrantViewSet.as_view({"delete": "destroy"}),
    ),
    path(
        "tenants/<uuid:organization_id>/support-grants/<uuid:support_grant_id>/enter",
        SupportGrantViewSet.as_view({"post": "enter"}),
    ),
    path("tenants/current/support-grants", OwnSupportGrantViewSet.as_view({"get": "list"})),
    path(
        "tenants/current/support-grants/<uuid:support_grant_id>", OwnSupportGrantViewSet.as_view({"delete": "destroy"})
    ),
    path("tenants/current", OrganizationViewSet.as_view({"get": "retrieve", "put": "update"})),
    path("tenants/current/settings", OrganizationSettingsViewSet.as_view({"get": "retrieve", "put": "update"})),
    path(
        "tenants/current/oidc",
        OidcSettingsViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
    path("ws/ticket", SocketTicketViewSet.as_view({"post": "create"})),
]
