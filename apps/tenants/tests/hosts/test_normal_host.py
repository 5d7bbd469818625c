"""One form for each host, however it was written."""

from __future__ import annotations

import pytest

from apps.tenants.hosts import _known_host, is_shared_host, normal_host


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("acme.example", "acme.example"),
        ("ACME.Example", "acme.example"),
        ("acme.example:8000", "acme.example"),
        ("acme.example.", "acme.example"),
        ("acme.example.:443", "acme.example"),
        (" acme.example ", "acme.example"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.EXAMPLE", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:8000", "[::1]"),
        ("[2001:DB8::1]", "[2001:db8::1]"),
    ],
)
def test_it_works(given: str, host: str) -> None:
    assert normal_host(given) == host


MALFORMED = ["", ".", "a..b", "-a.example", "a-.example", "a b.example", "a/b", "a@b", "a_b.example", "[::1", "[::g]"]
TOO_LONG = ["é" * 300, "a" * 64 + ".example", ".".join(["a" * 60] * 5)]
HOSTILE = ["acme.example:port", "acme.example\x00", "acme.example\r\nx: y", "<script>"]


@pytest.mark.parametrize("given", MALFORMED + TOO_LONG + HOSTILE)
def test_what_is_no_host(given: str) -> None:
    assert normal_host(given) is None


def test_very_long_ones_are_not_remembered() -> None:
    before = _known_host.cache_info().currsize
    assert normal_host(f"{' ' * 1000}acme.example") == "acme.example"
    assert normal_host("a" * 10_000) is None
    assert _known_host.cache_info().currsize == before


def test_the_shared_host() -> None:
    assert all(is_shared_host(host) for host in ("localhost", "127.0.0.1", "[::1]"))
    assert not is_shared_host("acme.localhost")
