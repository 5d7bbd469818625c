"""How everything is, for people: no more than programs are told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.common import health


def test_it_works(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in health._probes:
        monkeypatch.setitem(health._probes, name, lambda: {"status": health.HEALTHY})
    page = api.get("/status")
    assert page.status_code == 200
    assert "All services are up" in page.content.decode()
    assert page.content.decode().count('data-state="SUCCESS"') == len(health._probes)


def test_every_service_has_a_name_for_people(api: APIClient) -> None:
    page = api.get("/status", HTTP_ACCEPT_LANGUAGE="pt-BR").content.decode()
    assert "Banco de dados" in page
    assert not [name for name in health._probes if health.title_of(name) == name]


def test_one_that_is_away(api: APIClient, known: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    away = {"status": health.DOWN, "latency_ms": None, "error": "no route to storage.internal"}
    monkeypatch.setitem(health._probes, "storage", away.copy)
    for somebody in (api, known):
        page = somebody.get("/status")
        assert page.status_code == 200
        assert "Some services are down" in page.content.decode()
        assert 'data-state="FAILED"' in page.content.decode()
        assert "storage.internal" not in page.content.decode()


def test_one_that_does_its_work_badly(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(health._probes, "mail", lambda: {"status": health.DEGRADED})
    assert "Degraded" in api.get("/status").content.decode()


def test_a_database_that_is_away(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ConnectionRefusedError("no route to db.internal")

    monkeypatch.setattr(health, "connection", SimpleNamespace(ensure_connection=refuse, close=lambda: None))
    answer: Any = api.get("/status")
    assert answer.status_code == 503
    assert "nothing works now" in answer.content.decode()
    assert "db.internal" not in answer.content.decode()
