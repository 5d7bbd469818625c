"""What browsers are told: security headers and cross-origin rules."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

ORIGIN = "https://app.example"


def test_it_works(api: APIClient) -> None:
    answer = api.get("/api/v1/echo")
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in answer


def test_errors_have_them_too(api: APIClient) -> None:
    for answer in (api.get("/nowhere"), api.get("/x", HTTP_HOST="unknown.example"), api.get("/", HTTP_HOST="b d")):
        assert answer["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_pages_run_our_scripts_alone(api: APIClient) -> None:
    policy = api.get("/api/v1/docs", HTTP_ACCEPT="text/html")["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts == "script-src 'self'"
    assert "frame-ancestors 'none'" in policy


def test_hsts_is_for_secure_connections(api: APIClient, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 3600
    assert api.get("/health", secure=True)["Strict-Transport-Security"] == "max-age=3600; includeSubDomains"
    assert "Strict-Transport-Security" not in api.get("/health")


@pytest.fixture
def preflight(api: APIClient) -> Any:
    def ask(origin: str, *, path: str = "/api/v1/echo") -> Any:
        return api.options(path, HTTP_ORIGIN=origin, HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST")

    return ask


def test_allowed_origins_may_call(api: APIClient, settings: Any, preflight: Any) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = False
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    asked = preflight(ORIGIN)
    assert asked["Access-Control-Allow-Origin"] == ORIGIN
    assert "idempotency-key" in asked["Access-Control-Allow-Headers"]
    answer = api.get("/api/v1/echo", HTTP_ORIGIN=ORIGIN)
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    shown = answer["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Retry-After", "X-Total-Count", "Deprecated", "Deprecation", "Sunset"} <= {*shown}
    assert "Access-Control-Allow-Credentials" not in answer


def test_refusals_are_readable_for_allowed_origins(api: APIClient, settings: Any) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = False
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    answer = api.post(
        "/api/v1/echo", b"", content_type="application/json", CONTENT_LENGTH=str(10**9), HTTP_ORIGIN=ORIGIN
    )
    assert answer.status_code == 413
    assert answer["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://app.example.evil"])
def test_other_origins_may_not(api: APIClient, settings: Any, preflight: Any, origin: str) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = False
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    assert "Access-Control-Allow-Origin" not in preflight(origin)
    assert "Access-Control-Allow-Origin" not in api.get("/api/v1/echo", HTTP_ORIGIN=origin)


def test_pages_are_for_no_other_origin(api: APIClient, settings: Any, preflight: Any) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = True
    assert "Access-Control-Allow-Origin" not in preflight(ORIGIN, path="/health")
