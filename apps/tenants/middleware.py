"""Chooses the organization of a request and enters it: by host, or on the shared host by verified credentials."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.module_loading import import_string

from apps.common.api.responses import error_response
from apps.common.errors import ApplicationError, BadRequest
from apps.tenants.context import public_context, tenant_context
from apps.tenants.errors import OrganizationInactive, UnknownHost
from apps.tenants.hosts import is_shared_host, normal_host
from apps.tenants.models import Organization
from apps.tenants.selectors import organization_by_host, platform

# Answered without any organization, so that probes work before the first migration.
_WITHOUT_ORGANIZATION = ("/health", "/ready", "/metrics", settings.STATIC_URL.rstrip("/"))
_API = "/api/"
_JSON, _PAGE = "application/json", "text/html"


class OrganizationMiddleware:
    """Every request but a probe runs inside exactly one organization's schema; the context ends with it.

    On the shared host only the API goes by credentials: its pages are the platform's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.from_credentials: Callable[[HttpRequest], Organization | None] = import_string(
            settings.ORGANIZATION_FROM_CREDENTIALS
        )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _needs_no_organization(request.path_info):
            with public_context():
                return self.get_response(request)
        try:
            organization = self.resolve(request)
        except ApplicationError as error:
            return _refusal(request, error)
        request.organization = organization  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(organization=organization.slug)
        with tenant_context(organization):
            return self.get_response(request)

    def resolve(self, request: HttpRequest) -> Organization:
        """Raises ``UnknownHost``, ``OrganizationInactive``, or ``BadRequest`` for a malformed host."""
        try:
            host = normal_host(request.get_host())
        except DisallowedHost as error:
            raise BadRequest from error
        if host is not None and is_shared_host(host):
            request.urlconf = settings.PLATFORM_URLCONF
            named = self.from_credentials(request) if request.path_info.startswith(_API) else None
            organization = named or platform()
        else:
            organization = organization_by_host(host) if host is not None else None
        if organization is None:
            raise UnknownHost
        if not organization.is_active:
            raise OrganizationInactive
        return organization


def _needs_no_organization(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in _WITHOUT_ORGANIZATION)


def _refusal(request: HttpRequest, error: ApplicationError) -> HttpResponse:
    """A page for people, JSON for programs. It comes before the middleware that chooses languages."""
    with translation.override(translation.get_language_from_request(request)):
        if request.path_info.startswith(_API) or request.get_preferred_type([_JSON, _PAGE]) != _PAGE:
            return error_response(error)
        return render(request, "tenants/refused.html", {"error": error}, status=error.status)
