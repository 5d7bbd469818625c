"""One handler from exceptions to answers; anything unforeseen is logged and answers 500 without its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from django.core import exceptions as django
from django.db import DataError, IntegrityError, InterfaceError, NotSupportedError, OperationalError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from psycopg.errors import DeadlockDetected, FeatureNotSupported
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
    django.PermissionDenied: errors.PermissionDenied,
    drf.NotFound: errors.NotFound,
    Http404: errors.NotFound,
    drf.MethodNotAllowed: errors.MethodNotAllowed,
    drf.NotAcceptable: errors.NotAcceptable,
    drf.UnsupportedMediaType: errors.UnsupportedMediaType,
    django.RequestDataTooBig: errors.TooLarge,
    django.TooManyFieldsSent: errors.TooLarge,
    django.TooManyFilesSent: errors.TooLarge,
    django.SuspiciousOperation: errors.BadRequest,
    django.BadRequest: errors.BadRequest,
    MultiPartParserError: errors.MalformedMultipart,
    UnreadablePostError: errors.BadRequest,
}
# Input that slipped past the serializers and that the database refused: the caller's doing, and worth a look by us.
_SLIPPED: dict[type[Exception], type[errors.ApplicationError]] = {
    django.ValidationError: errors.InvalidInput,
    django.ObjectDoesNotExist: errors.NotFound,
    DataError: errors.InvalidInput,
    IntegrityError: errors.Conflict,
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


def _first(table: Mapping[type[Exception], type[errors.ApplicationError]], exception: Exception) -> Any:
    return next((ours for theirs, ours in table.items() if isinstance(exception, theirs)), None)


def _is_out_of_order(exception: Exception) -> bool:
    """Whether the database is away, or holds a plan that a migration has made void, which the next try makes again."""
    if isinstance(exception, NotSupportedError):
        return isinstance(exception.__cause__, FeatureNotSupported)
    return isinstance(exception, OperationalError | InterfaceError)


def _is_deadlock(exception: Exception) -> bool:
    """Whether PostgreSQL gave this transaction up because it and another waited for each other."""
    return isinstance(exception, OperationalError) and isinstance(exception.__cause__, DeadlockDetected)


def as_application_error(exception: Exception) -> errors.ApplicationError | None:
    """The error of ours that an exception of Django, DRF or the database stands for."""
    if isinstance(exception, errors.ApplicationError):
        return exception
    if isinstance(exception, drf.ValidationError):
        return errors.InvalidInput(errors=flatten(exception.detail))
    if isinstance(exception, drf.Throttled):
        return errors.TooManyRequests(retry_after=getattr(exception, "wait", None))
    if (same := _first(_SAME, exception)) is not None:
        return same()  # type: ignore[no-any-return]
    if (slipped := _first(_SLIPPED, exception)) is not None:
        logger.warning("input_slipped_through", exc_info=exception)
        return slipped()  # type: ignore[no-any-return]
    if _is_deadlock(exception):
        logger.warning("database_deadlock", exc_info=exception)
        return errors.Busy(retry_after=1)
    if _is_out_of_order(exception):
        logger.error("database_unavailable", exc_info=exception)
        return errors.Unavailable(retry_after=1)
    return None


def handle(exception: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's ``EXCEPTION_HANDLER``."""
    error = as_application_error(exception)
    if error is None:
        logger.error("unhandled_exception", view=type(context.get("view")).__name__, exc_info=exception)
        error = errors.InternalError()
    return Response(error_body(error), status=error.status, headers=error_headers(error))
