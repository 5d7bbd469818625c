"""Middleware of the kernel: trace, optional slash."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.common.network import client_address
from apps.common.trace import begin_trace

GetResponse = Callable[[HttpRequest], HttpResponse]


class TraceMiddleware:
    """Takes or makes the trace id and echoes it as ``X-Request-ID``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        trace_id = begin_trace(request.headers.get("X-Request-ID"))
        response = self.get_response(request)
        response["X-Request-ID"] = trace_id
        return response


class OptionalSlashMiddleware:
    """Under ``/api/`` a trailing slash means nothing; it is taken off before routing, never redirected."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/") and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/")
            request.path = request.path.rstrip("/")
        return self.get_response(request)


class ClientAddressMiddleware:
    """Sets ``request.client_ip``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.client_ip = client_address(  # type: ignore[attr-defined]
            request.META.get("REMOTE_ADDR"), request.headers.get("X-Forwarded-For"), settings.ENV.trusted_proxies
        )
        return self.get_response(request)
