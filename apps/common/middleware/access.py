"""One log line and one count for each request."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from apps.common.metrics import ERRORS, LATENCY, REQUESTS

logger = structlog.get_logger("access")
GetResponse = Callable[[HttpRequest], HttpResponse]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROBES = frozenset({"health", "health/services", "ready", "metrics"})


class AccessMiddleware:
    """Tells the route's pattern, status and time: never the path, the query or a body, where secrets may stand."""

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
        self.tell(request, method=method, route=route, status=response.status_code, seconds=seconds)
        return response

    @staticmethod
    def tell(request: HttpRequest, *, method: str, route: str, status: int, seconds: float) -> None:
        """The organization is among structlog's context already; the actor is where authentication has put it."""
        actor: Any = getattr(request, "actor", None)
        who = f"{actor.type}:{actor.id}".rstrip(":") if actor is not None else None
        logger.log(
            logging.DEBUG if route in _PROBES else logging.INFO,
            "request",
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            actor=who,
        )
