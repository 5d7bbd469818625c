"""A route on its way out says so, in headers and document, and stays long enough."""

from __future__ import annotations

from datetime import date

import pytest
from rest_framework.test import APIClient

from apps.common.api import Deprecation

URL = "/api/v1/echo/old-text"


def test_it_works(api: APIClient) -> None:
    answer = api.get(URL)
    assert answer.status_code == 200
    assert answer["Deprecated"] == "true"
    assert answer["Deprecation"] == "@1767225600"
    assert answer["Sunset"] == "Sun, 01 Feb 2026 00:00:00 GMT"


def test_refusals_say_so_too(api: APIClient) -> None:
    assert api.get(f"{URL}?x=1")["Deprecated"] == "true"


def test_the_document_says_so(api: APIClient) -> None:
    operation = api.get("/api/v1/openapi.json").json()["paths"][URL]["get"]
    assert operation["deprecated"] is True
    assert "Works until 2026-02-01; use GET /api/v1/echo/text instead." in operation["description"]


def test_other_routes_say_nothing(api: APIClient) -> None:
    assert "Deprecated" not in api.get("/api/v1/echo/text")


def test_four_weeks_are_the_least() -> None:
    with pytest.raises(ValueError, match="28 days"):
        Deprecation(since=date(2026, 1, 1), sunset=date(2026, 1, 28), instead="x")
