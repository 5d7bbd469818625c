"""Trace id, client address, optional slash."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from rest_framework.test import APIClient

from apps.common.network import _known_client_address, client_address, neighbourhood


def test_it_works(api: APIClient) -> None:
    answer = api.get("/api/v1/echo", HTTP_X_REQUEST_ID="my-trace.1")
    assert answer["X-Request-ID"] == "my-trace.1"
    assert structlog.contextvars.get_contextvars()["trace_id"] == "my-trace.1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>", "a\r\nb", "ä"])
def test_malformed_trace_ids_are_replaced(api: APIClient, given: str) -> None:
    answer = api.get("/api/v1/nowhere", HTTP_X_REQUEST_ID=given)
    assert answer["X-Request-ID"] == answer.json()["trace_id"]
    assert len(answer["X-Request-ID"]) == 36


@pytest.mark.parametrize(
    "path", ["/api/v1/echo/", "/health/", "/ready/", "/metrics/", "/api/v1/docs/", "/robots/docs/", "/api/v1/redoc/"]
)
def test_a_slash_at_the_end_means_nothing(api: APIClient, path: str) -> None:
    assert api.get(path).status_code == api.get(path.rstrip("/")).status_code != 404


@pytest.mark.parametrize("path", ["/api/v1/echo//", "/api/", "/api//"])
def test_two_slashes_are_another_path(api: APIClient, path: str) -> None:
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.1", "198.51.100.7", (), "203.0.113.1"),
        ("10.0.0.1", "198.51.100.7", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "192.0.2.1, 198.51.100.7, 10.0.0.2", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "nonsense", ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("::1", "198.51.100.7", ("::1",), "198.51.100.7"),
        ("::ffff:203.0.113.1", "198.51.100.7", (), "203.0.113.1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.7", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7:49152", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7:49152, 10.0.0.2:80", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::7]:49152", ("10.0.0.0/8",), "2001:db8::7"),
        ("10.0.0.1", "[2001:db8::7]", ("10.0.0.0/8",), "2001:db8::7"),
        ("fe80::1%eth0", "", (), "fe80::1"),
        ("10.0.0.1", "[nonsense", ("10.0.0.0/8",), "10.0.0.1"),
    ],
)
def test_forwarded_addresses_are_believed_from_proxies_alone(
    api: APIClient, settings: Any, peer: str, forwarded: str, trusted: tuple[str, ...], expected: str
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"trusted_proxies": trusted})
    answer = api.get("/api/v1/echo", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert answer.wsgi_request.client_ip == expected  # type: ignore[attr-defined]


def test_very_long_ways_here_are_not_remembered() -> None:
    before = _known_client_address.cache_info().currsize
    forwarded = ", ".join(["192.0.2.1"] * 100)
    assert client_address("10.0.0.1", f"{forwarded}, 198.51.100.7", ("10.0.0.0/8",)) == "198.51.100.7"
    assert _known_client_address.cache_info().currsize == before


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        (None, "unknown"),
    ],
)
def test_ipv6_counts_by_network(address: str | None, expected: str) -> None:
    assert neighbourhood(address) == expected
