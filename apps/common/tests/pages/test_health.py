"""Probes: alive without anything, ready with everything, and how each service is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from apps.common import health
from apps.common.redis import redis_forget


@pytest.fixture
def database_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ConnectionRefusedError("no route to db.internal")

    monkeypatch.setattr(health, "connection", SimpleNamespace(ensure_connection=refuse, close=lambda: None))


@pytest.fixture
def redis_away(settings: Any) -> Any:
    redis_forget()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    yield
    redis_forget()


def test_it_works(api: APIClient) -> None:
    answer = api.get("/health")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "version", "timestamp"}
    assert parse_datetime(answer.json()["timestamp"]) is not None
    assert api.get("/health/services").json()["services"]["database"]["latency_ms"] > 0
    assert api.get("/ready").json() == {"status": "ok"}


def test_alive_asks_nobody(api: APIClient, database_away: None, redis_away: None) -> None:
    assert api.get("/health").status_code == 200


def test_any_host_is_answered(api: APIClient) -> None:
    for path in ("/health", "/ready", "/health/services"):
        assert api.get(path, HTTP_HOST="10.1.2.3:8000").status_code == 200


def test_without_a_database_it_is_not_ready(api: APIClient, database_away: None) -> None:
    answer = api.get("/ready")
    assert answer.status_code == 503
    assert "database" in answer.json()["missing"]


def test_without_redis_it_is_not_ready(api: APIClient, redis_away: None) -> None:
    answer = api.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["redis"]


def test_what_apps_require_counts(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(health._requirements, "vault key", lambda: "not set")
    assert api.get("/ready").json()["missing"] == ["vault key"]


def test_a_database_that_is_away_means_down(api: APIClient, database_away: None) -> None:
    answer = api.get("/health/services")
    assert answer.status_code == 503
    assert answer.json()["status"] == "down"


def test_anything_else_that_is_away_means_degraded(api: APIClient, redis_away: None) -> None:
    answer = api.get("/health/services")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["services"]["redis"] == {"status": "down", "latency_ms": None}


def test_a_probe_that_breaks_is_down(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(health._probes, "broken", lambda: 1 / 0)
    answer = api.get("/health/services")
    assert answer.status_code == 200
    assert answer.json()["services"]["broken"]["status"] == "down"


@pytest.mark.parametrize("path", ["/health", "/ready", "/health/services", "/metrics", "/", "/status", "/favicon.ico"])
def test_they_only_read(api: APIClient, path: str) -> None:
    assert api.post(path).status_code == 405


def test_reasons_are_for_the_signed_in(api: APIClient, known: APIClient, redis_away: None) -> None:
    assert "Error 111" in known.get("/health/services").json()["services"]["redis"]["error"]
    key = {"HTTP_X_API_KEY": "ofi_platform_x"}
    headers: list[dict[str, Any]] = [
        {},
        {"HTTP_AUTHORIZATION": "Bearer x"},
        key,
        key | {"HTTP_AUTHORIZATION": "Basic x"},
    ]
    for header in headers:
        found = api.get("/health/services", **header)
        assert "error" not in found.json()["services"]["redis"]
