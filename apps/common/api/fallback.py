"""Errors outside of any view, in the same shape as inside."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.common.api.responses import error_response
from apps.common.errors import BadRequest, InternalError, NotFound, PermissionDenied


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(BadRequest())


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(PermissionDenied())


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(NotFound())


def server_error(request: HttpRequest, *_: Any) -> HttpResponse:
    return error_response(InternalError())
