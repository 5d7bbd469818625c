"""The one shape of an error on the wire."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse

from apps.common.errors import ApplicationError
from apps.common.trace import current_trace_id


def error_body(error: ApplicationError) -> dict[str, Any]:
    """``{detail, status_code, error_code, errors?, trace_id, …extra}``."""
    body: dict[str, Any] = {
        "detail": str(error.detail),
        "status_code": error.status,
        "error_code": error.code,
        "trace_id": current_trace_id(),
    }
    if error.errors:
        body["errors"] = {field: [str(text) for text in texts] for field, texts in error.errors.items()}
    return error.extra | body


def error_headers(error: ApplicationError) -> dict[str, str]:
    """``Retry-After`` in whole seconds where the error knows it, ``WWW-Authenticate`` on 401."""
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if error.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and "size" in error.extra:
        headers["Content-Range"] = f"bytes */{error.extra['size']}"
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return headers


def error_response(error: ApplicationError) -> JsonResponse:
    """The error as an answer outside of DRF (middleware, unknown paths)."""
    return JsonResponse(error_body(error), status=error.status, headers=error_headers(error))
