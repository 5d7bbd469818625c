"""Middleware of the kernel, outermost first: trace, address, access log and metrics, headers, size, optional slash."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.common.api.responses import error_response
from apps.common.errors import TooLarge
from apps.common.metrics import ERRORS, LATENCY, REQUESTS
from apps.common.network import client_address
from apps.common.trace import begin_trace

logger = structlog.get_logger("access")
GetResponse = Callable[[HttpRequest], HttpResponse]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Swagger UI and ReDoc make style elements and blob workers of their own; scripts still come from us alone.
_PAGES = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_DATA = "default-src 'none'; frame-ancestors 'none'"


class TraceMiddleware:
    """Takes or makes the trace id and echoes it as ``X-Request-ID``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        trace_id = begin_trace(request.headers.get("X-Request-ID"))
        response = self.get_response(request)
        response["X-Request-ID"] = trace_id
        return response


class ClientAddressMiddleware:
    """Sets ``request.client_ip``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.client_ip = client_address(  # type: ignore[attr-defined]
            request.META.get("REMOTE_ADDR"), request.headers.get("X-Forwarded-For"), settings.ENV.trusted_proxies
        )
        return self.get_response(request)


class AccessMiddleware:
    """One log line and one count for each request: the route's pattern, never the query, never a body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - started
        route = request.resolver_match.route if request.resolver_match else "unknown"
        method = request.method if request.method in _METHODS else "OTHER"
        REQUESTS.labels(method, route, response.status_code).inc()
        LATENCY.labels(method, route).observe(seconds)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            ERRORS.labels(method, route).inc()
        actor = getattr(request, "actor", None)
        logger.info(
            "request",
            method=method,
            route=route,
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
            actor=f"{actor.type}:{actor.id}" if actor is not None else None,
        )
        return response


class SecurityHeadersMiddleware:
    """What browsers are told not to do; views may set a stricter or wider policy of their own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponseBase = self.get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        response.setdefault("Content-Security-Policy", _PAGES if is_page else _DATA)
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if request.path_info.startswith("/api/") and not is_page:
            response.setdefault("Cache-Control", "no-store")
        if settings.SECURE_HSTS_SECONDS:
            response.setdefault("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}")
        return response  # type: ignore[return-value]  # streams are answers too


class BodyLimitMiddleware:
    """Refuses a body that says it is too large before a byte of it is read; uploads have a cap of their own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        multipart = request.content_type == "multipart/form-data"
        cap = settings.ENV.max_upload_bytes if multipart else settings.ENV.max_body_bytes
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and int(length) > cap:
            return error_response(TooLarge(extra={"max_bytes": cap}))
        return self.get_response(request)


class OptionalSlashMiddleware:
    """Under ``/api/`` a trailing slash means nothing; it is taken off before routing, never redirected."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/") and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/")
            request.path = request.path.rstrip("/")
        return self.get_response(request)
