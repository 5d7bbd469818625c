"""Chooses the organization of a request and enters it: by host, or on the shared host by verified credentials."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils.module_loading import import_string

from apps.common.api.responses import error_response
from apps.common.errors import ApplicationError
from apps.tenants.context import tenant_context
from apps.tenants.errors import OrganizationInactive, UnknownHost
from apps.tenants.models import Organization
from apps.tenants.selectors import is_shared_host, organization_by_host, platform

# Answered without any organization, so that probes work before the first migration.
_WITHOUT_ORGANIZATION = ("/health", "/ready", "/metrics", "/static/")


class OrganizationMiddleware:
    """Every request but a probe runs inside exactly one organization's schema; the context ends with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.from_credentials: Callable[[HttpRequest], Organization | None] = import_string(
            settings.ORGANIZATION_FROM_CREDENTIALS
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_WITHOUT_ORGANIZATION):
            return self.get_response(request)
        try:
            organization = self.resolve(request)
        except ApplicationError as error:
            return error_response(error)
        request.organization = organization  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(organization=organization.slug)
        with tenant_context(organization):
            return self.get_response(request)

    def resolve(self, request: HttpRequest) -> Organization:
        host = split_domain_port(request.get_host())[0].lower()
        if is_shared_host(host):
            request.urlconf = settings.PLATFORM_URLCONF  # type: ignore[attr-defined]
            organization = self.from_credentials(request) or platform()
        else:
            organization = organization_by_host(host)
        if organization is None:
            raise UnknownHost
        if not organization.is_active:
            raise OrganizationInactive
        return organization
