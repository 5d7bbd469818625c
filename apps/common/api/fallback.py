"""Errors outside of any view of the API: the same shape as inside, or a plain page for a browser."""

from __future__ import annotations

import sys
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from apps.common.api.exceptions import as_application_error
from apps.common.api.responses import error_headers, error_response
from apps.common.errors import ApplicationError, BadRequest, InternalError, NotFound, PermissionDenied
from apps.common.trace import current_trace_id

logger = structlog.get_logger(__name__)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """``handler400``."""
    return error_answer(request, (as_application_error(exception) if exception else None) or BadRequest())


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """``handler403``."""
    return error_answer(request, PermissionDenied())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """``CSRF_FAILURE_VIEW``."""
    return error_answer(request, PermissionDenied())


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """``handler404``."""
    return error_answer(request, NotFound())


def server_error(request: HttpRequest, *_: Any) -> HttpResponse:
    """``handler500``: Django calls it while the exception is being handled."""
    exception = sys.exc_info()[1]
    error = as_application_error(exception) if isinstance(exception, Exception) else None
    if error is None:
        logger.error("unhandled_exception", exc_info=exception)
    return error_answer(request, error or InternalError())


def error_answer(request: HttpRequest, error: ApplicationError) -> HttpResponse:
    """The error in the shape that is asked for."""
    wants_page = request.get_preferred_type(["application/json", "text/html"]) == "text/html"
    if request.path_info.startswith("/api/") or not wants_page:
        return error_response(error)
    page = render_to_string("error.html", {"error": error, "trace_id": current_trace_id()})
    return HttpResponse(page, status=error.status, headers=error_headers(error))
