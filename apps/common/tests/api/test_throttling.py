"""Rates of the API, at its door."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient


@pytest.fixture
def rates(settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_api": "3/minute", "rate_limit_anonymous": "2/minute"})


def statuses(client: APIClient, times: int, path: str = "/api/v1/tinies", **extra: Any) -> list[int]:
    return [client.get(path, **extra).status_code for _ in range(times)]


def test_it_works(known: APIClient, rates: None) -> None:
    assert statuses(known, 3) == [200, 200, 200]
    refused = known.get("/api/v1/tinies")
    assert refused.status_code == 429
    assert refused.json()["error_code"] == "too_many_requests"
    assert 1 <= int(refused["Retry-After"]) <= 60


def test_nobody_known_counts_by_address(api: APIClient, rates: None) -> None:
    assert statuses(api, 3, "/api/v1/echo") == [200, 200, 429]
    assert statuses(api, 1, "/api/v1/echo", REMOTE_ADDR="203.0.113.9") == [200]


def test_users_are_apart(known: APIClient, client_of: Any, viewer: Any, rates: None) -> None:
    assert statuses(known, 4)[-1] == 429
    assert statuses(client_of(viewer), 1) == [200]


def test_wrong_credentials_count_by_address(api: APIClient, rates: None) -> None:
    assert statuses(api, 3, HTTP_AUTHORIZATION="Bearer nonsense") == [401, 401, 429]


def test_missing_credentials_count_by_address(api: APIClient, rates: None) -> None:
    assert statuses(api, 3) == [401, 401, 429]


@pytest.mark.django_db(transaction=True)
def test_it_is_exact_in_parallel(organization: object, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_anonymous": "60/minute"})

    def send(_number: int) -> int:
        try:
            return int(APIClient(SERVER_NAME="localhost").get("/api/v1/echo").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(200)))
    assert (answers.count(200), answers.count(429)) == (60, 140)
