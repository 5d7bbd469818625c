"""Prometheus' page, for those who watch the product."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient


@pytest.fixture
def metrics_token(settings: Any) -> Any:
    def put(token: str) -> None:
        settings.ENV = settings.ENV.model_copy(update={"metrics_token": token})

    return put


def test_it_works(api: APIClient, metrics_token: Any) -> None:
    metrics_token("sesame")
    api.get("/api/v1/echo")
    answer = api.get("/metrics", HTTP_AUTHORIZATION="Bearer sesame")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    text = answer.content.decode()
    assert 'oficina_http_requests_total{method="GET",route="api/v1/echo",status="200"}' in text
    assert "oficina_http_request_duration_seconds_bucket" in text


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic sesame", "Bearer sesame\xff"])
def test_without_the_token_it_is_401(api: APIClient, metrics_token: Any, header: str) -> None:
    metrics_token("sesame")
    answer = api.get("/metrics", HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "unauthorized")


def test_where_there_is_no_token_it_is_for_this_machine(api: APIClient, metrics_token: Any) -> None:
    metrics_token("")
    assert api.get("/metrics").status_code == 200
    assert api.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 401
    assert api.get("/metrics", HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 401
