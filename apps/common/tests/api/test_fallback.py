"""Errors outside of views: JSON for programs, a plain page for browsers, and no trace of the cause."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.urls import path
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from apps.common.tests import urls

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    """A plain view that raises what it is given."""

    def put(exception: Exception) -> None:
        def view(_request: object) -> HttpResponse:
            raise exception

        monkeypatch.setattr(urls, "urlpatterns", [path("breaking", view)])
        settings.ROOT_URLCONF = settings.PLATFORM_URLCONF = urls.__name__

    return put


def test_it_works(api: APIClient) -> None:
    page = api.get("/nowhere", HTTP_ACCEPT=BROWSER)
    assert page.status_code == 404
    assert page["Content-Type"].startswith("text/html")
    assert page["X-Request-ID"] in page.content.decode()


def test_pages_speak_the_browsers_language(api: APIClient) -> None:
    page = api.get("/nowhere", HTTP_ACCEPT=BROWSER, HTTP_ACCEPT_LANGUAGE="pt-BR")
    assert 'lang="pt-br"' in page.content.decode()
    assert "Não encontrado" in page.content.decode()
    assert "Ir para a página inicial" in page.content.decode()


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_programs_get_json(api: APIClient, accept: str) -> None:
    assert api.get("/nowhere", HTTP_ACCEPT=accept).json()["error_code"] == "not_found"


def test_below_api_everybody_gets_json(api: APIClient) -> None:
    assert api.get("/api/v1/nowhere", HTTP_ACCEPT=BROWSER).json()["error_code"] == "not_found"


def test_what_is_unforeseen_is_logged_and_not_shown(api: APIClient, breaking: Any) -> None:
    breaking(ArithmeticError("sesame"))
    with capture_logs() as captured:
        page = api.get("/breaking", HTTP_ACCEPT=BROWSER)
    assert page.status_code == 500
    assert "sesame" not in page.content.decode()
    assert [line for line in captured if line["event"] == "unhandled_exception"]


def test_a_database_that_is_away_is_503(api: APIClient, breaking: Any) -> None:
    breaking(OperationalError("sesame"))
    answer = api.get("/breaking")
    assert (answer.status_code, answer.json()["error_code"]) == (503, "unavailable")
    assert answer["Retry-After"] == "1"


def test_forms_without_a_csrf_token_are_403(api: APIClient, settings: Any) -> None:
    settings.ROOT_URLCONF = settings.PLATFORM_URLCONF = "config.urls_platform"
    api.handler.enforce_csrf_checks = True
    answer = api.post("/admin/login/", {"username": "a", "password": "b"}, format="multipart")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "permission_denied")
