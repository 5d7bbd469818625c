"""One handler from exceptions to answers; anything unforeseen is logged and answers 500 without its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework.response import Response

from apps.common import errors
from apps.common.api.responses import error_body, error_headers

logger = structlog.get_logger(__name__)

_SAME: dict[type[Exception], type[errors.ApplicationError]] = {
    drf.ParseError: errors.MalformedJSON,
    drf.NotAuthenticated: errors.Unauthorized,
    drf.AuthenticationFailed: errors.Unauthorized,
    drf.PermissionDenied: errors.PermissionDenied,
    DjangoPermissionDenied: errors.PermissionDenied,
    drf.NotFound: errors.NotFound,
    Http404: errors.NotFound,
    drf.MethodNotAllowed: errors.MethodNotAllowed,
    drf.NotAcceptable: errors.NotAcceptable,
    drf.UnsupportedMediaType: errors.UnsupportedMediaType,
}


def flatten(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """DRF's nested validation errors as ``{"agents.0.order": [texts]}``."""
    if isinstance(detail, Mapping):
        flat: dict[str, list[str]] = {}
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            flat |= flatten(inner, ".".join(part for part in (prefix, own) if part))
        return flat
    if isinstance(detail, list) and any(isinstance(inner, Mapping | list) for inner in detail):
        flat = {}
        for index, inner in enumerate(detail):
            flat |= flatten(inner, f"{prefix}.{index}" if prefix else str(index))
        return flat
    texts = [str(text) for text in (detail if isinstance(detail, list) else [detail])]
    return {prefix or "body": texts} if texts else {}


def as_application_error(exception: Exception) -> errors.ApplicationError | None:
    """The error of ours that an exception of Django or DRF stands for."""
    if isinstance(exception, errors.ApplicationError):
        return exception
    if isinstance(exception, drf.ValidationError):
        return errors.InvalidInput(errors=flatten(exception.detail))
    if isinstance(exception, drf.Throttled):
        return errors.TooManyRequests(retry_after=exception.wait)
    for theirs, ours in _SAME.items():
        if isinstance(exception, theirs):
            return ours()
    return None


def handle(exception: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's ``EXCEPTION_HANDLER``."""
    error = as_application_error(exception)
    if error is None:
        logger.exception("unhandled_exception", view=type(context.get("view")).__name__)
        error = errors.InternalError()
    return Response(error_body(error), status=error.status, headers=error_headers(error))
