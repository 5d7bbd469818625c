"""Addresses of a host name, in bounded time."""

from __future__ import annotations

import socket
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from apps.common import resolution
from apps.common.errors import TooManyRequests
from apps.common.outgoing import LONGEST_SECONDS, NoAnswer, json_of
from apps.common.resolution import addresses_of
from apps.common.testing import eventually
from apps.common.turns import Turns


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Name servers that say nothing until they are let go."""
    over = threading.Event()

    def look(*_args: Any, **_named: Any) -> list[Any]:
        over.wait(30)
        return []

    monkeypatch.setattr(resolution, "_turns", Turns(1, lasting=8))
    monkeypatch.setattr(socket, "getaddrinfo", look)
    yield over
    over.set()
    eventually(lambda: not any(thread.name == "resolution" for thread in threading.enumerate()))


def test_it_works() -> None:
    assert set(addresses_of("localhost", 80, seconds=5)) <= {"127.0.0.1", "::1"}
    assert addresses_of("127.0.0.1", 80, seconds=0) == ["127.0.0.1"]


def test_a_name_that_is_none() -> None:
    with pytest.raises(UnicodeError):
        addresses_of("x" * 300, 80, seconds=5)


def test_name_servers_that_hang(silent: threading.Event) -> None:
    with pytest.raises(TimeoutError):
        addresses_of("example.com", 443, seconds=0.05)
    with pytest.raises(TooManyRequests):  # the one thread is still waiting; no other is begun
        addresses_of("example.com", 443, seconds=0.05)
    assert sum(thread.name == "resolution" for thread in threading.enumerate()) == 1


def test_waiting_for_a_thread_counts(silent: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]

    class Late(Turns):
        def take(self, name: str = "", *, seconds: float = 0, lasting: float | None = None) -> None:
            now[0] += 60
            super().take(name, seconds=seconds, lasting=lasting)

    monkeypatch.setattr(resolution, "_turns", Late(1, lasting=8))
    monkeypatch.setattr(resolution, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with pytest.raises(TimeoutError):
        addresses_of("example.com", 443, seconds=60)


def test_a_thread_that_cannot_be_begun_blocks_nobody(silent: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        with pytest.raises(TooManyRequests):
            addresses_of("example.com", 443, seconds=0.05)
    silent.set()
    assert addresses_of("example.com", 443, seconds=5) == []


def test_the_deadline_of_a_request_covers_them(silent: threading.Event) -> None:
    began = time.monotonic()
    with pytest.raises(NoAnswer) as caught:
        json_of("https://example.com/", allowed=(), seconds=0.05)
    assert time.monotonic() - began < LONGEST_SECONDS / 2
    assert not caught.value.answered
    with pytest.raises(TooManyRequests):  # nobody was asked, so nobody failed to answer
        json_of("https://example.com/", allowed=(), seconds=0.05)
