"""The access log and the metrics tell the route and never a secret."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import REGISTRY
from rest_framework.test import APIClient
from structlog.testing import capture_logs


def lines(client: APIClient, *args: Any, **kwargs: Any) -> list[Any]:
    with capture_logs() as captured:
        client.generic(*args, **kwargs)
    return [line for line in captured if line["event"] == "request"]


def test_it_works(known: APIClient, owner: Any) -> None:
    (line,) = lines(known, "GET", "/api/v1/tinies/999999")
    assert line["method"] == "GET"
    assert line["route"] == "api/v1/tinies/<int:group_id>"
    assert line["status"] == 404
    assert line["milliseconds"] > 0
    assert line["actor"] == f"user:{owner.pk}"


def test_neither_query_nor_body_nor_path_is_logged(api: APIClient) -> None:
    with capture_logs() as captured:
        api.post("/api/v1/echo?token=sesame", {"name": "sesame"}, format="json")
        api.get("/api/v1/sesame", HTTP_AUTHORIZATION="Bearer sesame", HTTP_COOKIE="sessionid=sesame")
    assert captured
    assert "sesame" not in repr(captured)


def test_probes_are_quiet(api: APIClient) -> None:
    (line,) = lines(api, "GET", "/health")
    assert line["log_level"] == "debug"


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/api/v1/echo", {"method": "GET", "route": "api/v1/echo", "status": "200"}),
        ("GET", "/nowhere/at/all", {"method": "GET", "route": "unknown", "status": "404"}),
        ("BREW", "/api/v1/echo", {"method": "OTHER", "route": "api/v1/echo", "status": "405"}),
    ],
)
def test_requests_are_counted(api: APIClient, method: str, path: str, labels: dict[str, str]) -> None:
    before = REGISTRY.get_sample_value("oficina_http_requests_total", labels) or 0
    api.generic(method, path)
    assert REGISTRY.get_sample_value("oficina_http_requests_total", labels) == before + 1
