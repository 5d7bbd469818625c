"""Errors as types: each has a stable code, an HTTP status, a text for people, and data for machines.

Doors map them: HTTP answers, socket close codes, task results. Nothing else decides a status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class ApplicationError(Exception):
    """Base of every error a service may raise.

    ``permanent`` says whether trying again later can help; that alone decides about retrying.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    message: ClassVar[Text] = _("The request could not be carried out.")
    permanent: ClassVar[bool] = True

    def __init__(
        self,
        detail: Text | None = None,
        *,
        errors: Mapping[str, Sequence[Text]] | None = None,
        extra: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.detail = detail if detail is not None else self.message
        self.errors = errors
        self.extra = dict(extra or {})
        self.retry_after = retry_after
        super().__init__(self.detail)

    def __str__(self) -> str:
        return str(self.detail)


class BadRequest(ApplicationError):
    code = "bad_request"
    status = 400


class MalformedJSON(BadRequest):
    code = "malformed_json"
    message = _("The body is not valid JSON.")


class MalformedMultipart(BadRequest):
    code = "malformed_multipart"
    message = _("The body is not a well-formed multipart form.")


class InvalidTable(BadRequest):
    code = "invalid_table"
    message = _("This file is not a table of text (CSV).")


class Unauthorized(ApplicationError):
    code = "unauthorized"
    status = 401
    message = _("Credentials are missing or not valid.")


class PermissionDenied(ApplicationError):
    code = "permission_denied"
    status = 403
    message = _("You may not do this.")


class ReadOnlyPreview(PermissionDenied):
    code = "read_only_preview"
    message = _("You are looking around as another role, and nothing is changed meanwhile. Stop the preview first.")


class NotFound(ApplicationError):
    code = "not_found"
    status = 404
    message = _("Not found.")


class MethodNotAllowed(ApplicationError):
    code = "method_not_allowed"
    status = 405
    message = _("This method is not offered here.")


class NotAcceptable(ApplicationError):
    code = "not_acceptable"
    status = 406
    message = _("No representation fits the Accept header.")


class Conflict(ApplicationError):
    code = "conflict"
    status = 409
    message = _("This conflicts with what is stored.")


class LengthRequired(ApplicationError):
    code = "length_required"
    status = 411
    message = _("This server takes no body without a Content-Length.")


class PreconditionFailed(ApplicationError):
    code = "precondition_failed"
    status = 412
    message = _("The object has changed since you read it.")


class TooLarge(ApplicationError):
    code = "too_large"
    status = 413
    message = _("The request is too large.")


class UnsupportedMediaType(ApplicationError):
    code = "unsupported_media_type"
    status = 415
    message = _("This media type is not taken here.")


class RangeNotSatisfiable(ApplicationError):
    code = "range_not_satisfiable"
    status = 416
    message = _("The requested range lies outside the file.")


class InvalidInput(ApplicationError):
    code = "invalid_input"
    status = 422
    message = _("The request does not have the right shape.")


class TooManyRequests(ApplicationError):
    code = "too_many_requests"
    status = 429
    message = _("Too many requests; try again later.")
    permanent = False


class InternalError(ApplicationError):
    code = "internal_error"
    status = 500
    message = _("Something went wrong on our side.")


class Unavailable(ApplicationError):
    code = "unavailable"
    status = 503
    message = _("An outside system does not answer.")
    permanent = False


class Busy(Conflict):
    """Somebody else holds what is needed, for longer than anybody waits."""

    code = "busy"
    message = _("Somebody else is changing this at the same time; try again in a moment.")
    permanent = False


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    message = _("This Idempotency-Key was used with another request.")


class IdempotencyInProgress(Conflict):
    code = "idempotency_in_progress"
    message = _("A request with this Idempotency-Key is still running.")


class InvalidIdempotencyKey(InvalidInput):
    code = "invalid_idempotency_key"
    message = _("Idempotency-Key must be 1 to 255 printable ASCII characters.")
