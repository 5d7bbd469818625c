"""What is found out about a request when it arrives: its trace, its address, the route it means."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.common.network import client_address
from apps.common.trace import begin_trace

GetResponse = Callable[[HttpRequest], HttpResponse]
# Everything of ours that is no page of the back-office or the portal, whose own addresses end with a slash.
_OPTIONAL = re.compile(r"/(?:api/.*[^/]|health|health/services|ready|metrics|[a-z-]+/docs|[a-z-]+/openapi\.json)/\Z")

_FRONT_DOOR = re.compile(r"/(?:admin|portal)\Z")  # typed by people, who leave the slash out


class TraceMiddleware:
    """Takes or makes the trace id and echoes it as ``X-Request-ID``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        trace_id = begin_trace(request.META.get("HTTP_X_REQUEST_ID"))
        response = self.get_response(request)
        response["X-Request-ID"] = trace_id
        return response


class ClientAddressMiddleware:
    """Sets ``request.client_ip``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.client_ip = client_address(  # type: ignore[attr-defined]
            request.META.get("REMOTE_ADDR"), request.META.get("HTTP_X_FORWARDED_FOR"), settings.ENV.trusted_proxies
        )
        return self.get_response(request)


class OptionalSlashMiddleware:
    """A trailing slash means nothing; it is taken off (or put on) before routing, never redirected."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _OPTIONAL.match(request.path_info):
            request.path_info = request.path_info[:-1]
            request.path = request.path[:-1]
        elif _FRONT_DOOR.match(request.path_info):
            request.path_info += "/"
            request.path += "/"
        return self.get_response(request)
