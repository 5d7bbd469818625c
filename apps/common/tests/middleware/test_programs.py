"""Programs go a shorter way than pages; nobody can tell by the answers."""

from __future__ import annotations

import tracemalloc
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common.middleware import ProgramsMiddleware
from apps.common.middleware.programs import _known_language, _known_route
from apps.tenants.models import Organization
from conftest import bearer

OWN = {"x-request-id", "content-length"}


@pytest.fixture
def program(owner: User, organization: Organization) -> APIClient:
    """A client with a token in a header."""
    client = APIClient(headers={"host": "acme.localhost", "authorization": f"Bearer {bearer(owner, organization)}"})
    client.raise_request_exception = False
    return client


def told(response: Any) -> tuple[int, dict[str, str], set[str]]:
    """Status and headers of an answer, but for what is each answer's own."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    varied = {name.strip().lower() for name in headers.pop("vary", "").split(",")}
    assert headers["content-length"] == str(len(response.content))
    return response.status_code, {name: headers[name] for name in headers.keys() - OWN}, varied


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/tinies"),
        ("GET", "/api/v1/tinies/"),
        ("GET", "/api/v1/tinies/999999"),
        ("GET", "/api/v1/tinies?unknown=1"),
        ("POST", "/api/v1/echo"),
        ("GET", "/api/v1/nowhere"),
        ("BREW", "/api/v1/tinies"),
        ("OPTIONS", "/api/v1/tinies"),
        ("GET", "/api/v1/openapi.json"),
    ],
)
@pytest.mark.parametrize("language", ["", "pt-BR,en;q=0.5"])
def test_both_ways_say_the_same(
    program: APIClient, monkeypatch: pytest.MonkeyPatch, method: str, path: str, language: str
) -> None:
    ask: dict[str, Any] = {"headers": {"accept-language": language}} if language else {}
    short = told(program.generic(method, path, **ask))
    monkeypatch.setattr(ProgramsMiddleware, "__call__", lambda self, request: self.get_response(request))
    assert short == told(program.generic(method, path, **ask))


def test_the_cookie_of_the_language_counts(program: APIClient) -> None:
    program.cookies["django_language"] = "pt-br"
    assert program.get("/api/v1/nowhere").headers["Content-Language"] == "pt-br"


def test_very_long_wishes_for_a_language_are_not_remembered(program: APIClient) -> None:
    program.get("/api/v1/nowhere")
    before = _known_language.cache_info().currsize
    header = program.get("/api/v1/nowhere", headers={"accept-language": f"pt-BR,{'en;q=0.1,' * 200}"})
    assert header.headers["Content-Language"] == "pt-br"
    program.cookies["django_language"] = f"pt-br-{'x' * 3000}"
    assert program.get("/api/v1/nowhere").headers["Content-Language"] == "pt-br"
    assert _known_language.cache_info().currsize == before


def test_what_breaks_is_answered(program: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr("apps.common.middleware.programs._route", broken)
    response = program.get("/api/v1/tinies")
    assert response.status_code == 500
    assert response.json()["error_code"] == "internal_error"
    assert response.headers["X-Frame-Options"] == "DENY"


def test_routes_are_found_once(program: APIClient) -> None:
    program.get("/api/v1/tinies")
    before = _known_route.cache_info()
    program.get("/api/v1/tinies")
    assert _known_route.cache_info().hits == before.hits + 1


def test_a_route_that_is_remembered_takes_little() -> None:
    """Each run and each robot has one of its own, and thousands are kept."""
    _known_route.cache_clear()
    _known_route("config.urls", f"/api/v1/runs/{UUID(int=0)}")
    tracemalloc.start()
    try:
        for number in range(1, 201):
            _known_route("config.urls", f"/api/v1/runs/{UUID(int=number)}")
        taken, _most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / 200 < 3 * 1024


def test_very_long_paths_are_not_remembered(program: APIClient) -> None:
    before = _known_route.cache_info().currsize
    assert program.get(f"/api/v1/tinies/{'9' * 300}").status_code in {200, 404}
    assert _known_route.cache_info().currsize == before
