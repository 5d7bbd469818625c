"""Every failure is JSON of one shape, whoever noticed it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import exceptions as django
from django.db import DataError, IntegrityError, NotSupportedError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from psycopg.errors import FeatureNotSupported
from rest_framework import exceptions as drf
from rest_framework.test import APIClient

from apps.common import errors
from apps.common.api.negotiation import _known_answer
from apps.common.tests import tiny


@pytest.fixture
def fail(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    def failing(exception: Exception) -> Any:
        monkeypatch.setitem(tiny.FAILURES, "x", exception)
        return api.get("/api/v1/echo/failures/x", HTTP_X_REQUEST_ID="trace-1")

    return failing


def test_it_works(fail: Any) -> None:
    error = errors.Conflict(
        "Not so.", errors={"name": ["Taken."]}, extra={"conflicts": [1], "status_code": 200}, retry_after=1.2
    )
    answer = fail(error)
    assert answer.status_code == 409
    assert answer["Retry-After"] == "2"
    assert answer["X-Request-ID"] == "trace-1"
    assert answer.json() == {
        "detail": "Not so.",
        "status_code": 409,
        "error_code": "conflict",
        "errors": {"name": ["Taken."]},
        "trace_id": "trace-1",
        "conflicts": [1],
    }


@pytest.mark.parametrize(
    ("exception", "status", "code"),
    [
        (drf.ValidationError({"a": [{"b": ["c"]}]}), 422, "invalid_input"),
        (drf.ParseError(), 400, "malformed_json"),
        (drf.NotAuthenticated(), 401, "unauthorized"),
        (drf.PermissionDenied(), 403, "permission_denied"),
        (django.PermissionDenied(), 403, "permission_denied"),
        (Http404(), 404, "not_found"),
        (django.ObjectDoesNotExist(), 404, "not_found"),
        (drf.Throttled(wait=3), 429, "too_many_requests"),
        (django.SuspiciousOperation("x"), 400, "bad_request"),
        (django.DisallowedHost("x"), 400, "bad_request"),
        (django.RequestDataTooBig("x"), 413, "too_large"),
        (django.TooManyFieldsSent("x"), 413, "too_large"),
        (UnreadablePostError("x"), 400, "bad_request"),
        (MultiPartParserError("x"), 400, "malformed_multipart"),
        (django.BadRequest("x"), 400, "bad_request"),
        (django.ValidationError("x"), 422, "invalid_input"),
        (DataError("integer out of range"), 422, "invalid_input"),
        (IntegrityError("duplicate key"), 409, "conflict"),
        (ProtectedError("x", set()), 409, "conflict"),
        (OperationalError("server closed the connection"), 503, "unavailable"),
        (ArithmeticError("secret-in-the-text"), 500, "internal_error"),
    ],
)
def test_exceptions_become_answers(fail: Any, exception: Exception, status: int, code: str) -> None:
    answer = fail(exception)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert answer.json()["status_code"] == status
    assert answer.json()["trace_id"] == "trace-1"
    assert b"secret" not in answer.content


def test_a_plan_of_before_a_migration_is_unavailable(fail: Any) -> None:
    void = NotSupportedError("cached plan must not change result type")
    void.__cause__ = FeatureNotSupported()
    answer = fail(void)
    assert (answer.status_code, answer.json()["error_code"], answer["Retry-After"]) == (503, "unavailable", "1")
    assert fail(NotSupportedError("of our own making")).status_code == 500


def test_nested_errors_are_named_by_path(fail: Any) -> None:
    nested = drf.ValidationError({"agents": [{}, {"order": ["bad"]}], "non_field_errors": ["worse"]})
    assert fail(nested).json()["errors"] == {"agents.1.order": ["bad"], "body": ["worse"]}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/nowhere", 404, "not_found"),
        ("GET", "/api/v1/tinies/not-a-number", 404, "not_found"),
        ("GET", "/api/v1/tinies/%00", 404, "not_found"),
        ("GET", "/api/v1/echo/failures/a%00b", 404, "not_found"),
        ("GET", "/%ff%fe", 404, "not_found"),
        ("DELETE", "/api/v1/echo", 405, "method_not_allowed"),
        ("BREW", "/api/v1/echo", 405, "method_not_allowed"),
        ("TRACE", "/api/v1/echo", 405, "method_not_allowed"),
        ("GET", "/api/v1/echo/undeclared", 405, "method_not_allowed"),
    ],
)
def test_where_there_is_nothing(api: APIClient, method: str, path: str, status: int, code: str) -> None:
    answer: Any = api.generic(method, path)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_405_names_what_is_allowed(api: APIClient) -> None:
    assert api.delete("/api/v1/echo")["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_hosts_that_are_none_are_400(api: APIClient) -> None:
    answer = api.get("/api/v1/echo", HTTP_HOST="bad host\r\n")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "bad_request")


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/*", "text/html, */*;q=0.1", "", " "])
def test_json_is_acceptable(api: APIClient, accept: str) -> None:
    assert api.get("/api/v1/echo", HTTP_ACCEPT=accept).status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/json;q=0", "nonsense", ";;;", "/"])
def test_anything_else_is_406(api: APIClient, accept: str) -> None:
    answer = api.get("/api/v1/echo", HTTP_ACCEPT=accept)
    assert (answer.status_code, answer.json()["error_code"]) == (406, "not_acceptable")


def test_very_long_headers_are_not_remembered(api: APIClient) -> None:
    assert api.get("/api/v1/echo", HTTP_ACCEPT="text/html").status_code == 406
    before = _known_answer.cache_info().currsize
    long = ",".join(f"text/x-{number}" for number in range(100))
    assert api.get("/api/v1/echo", HTTP_ACCEPT=long).status_code == 406
    assert api.get("/api/v1/echo", HTTP_ACCEPT=f"{long},*/*").status_code == 200
    assert _known_answer.cache_info().currsize == before


def test_declared_media_types_are_acceptable(api: APIClient) -> None:
    answer = api.get("/api/v1/echo/text", HTTP_ACCEPT="text/plain")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain")


def test_options_and_head(api: APIClient) -> None:
    options = api.options("/api/v1/tinies")
    assert (options.status_code, options["Allow"]) == (204, "GET, POST, HEAD, OPTIONS")
    head = api.head("/api/v1/echo")
    assert (head.status_code, head.content) == (200, b"")
