"""HTTP to addresses that people have written down."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from apps.common.outgoing import (
    LARGEST_ANSWER,
    AddressRefused,
    NoAnswer,
    is_global,
    json_of,
    outgoing_client,
    require_address,
)

LOOPBACK = ("127.0.0.1",)


@contextmanager
def answering(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that takes one connection, reads what comes first, and says what it is told to."""

    def serve() -> None:
        try:
            connection, _address = listening.accept()
            with connection:
                connection.recv(65_536)
                speak(connection)
        except OSError:  # who asked has had enough, or never came
            return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def said(head: str, body: bytes = b"") -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)


def test_it_works() -> None:
    with answering(said("HTTP/1.1 200 OK\nContent-Length: 10", b'{"a": [1]}')) as url:
        assert json_of(url, allowed=LOOPBACK) == {"a": [1]}


def test_hosts_are_allowed_with_their_port_or_without() -> None:
    for allowed in (["127.0.0.1"], ["127.0.0.1:8000"]):
        assert require_address("http://127.0.0.1:8000/x", allowed=allowed).port == 8000
    for allowed in ([], ["127.0.0.1:80"], ["localhost"], ["27.0.0.1"]):
        with pytest.raises(AddressRefused):
            require_address("http://127.0.0.1:8000/x", allowed=allowed)
    assert require_address("http://[::1]:8000/x", allowed=["[::1]:8000"])


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_whole_internet(address: str) -> None:
    assert is_global(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "fc00::1", "64:ff9b::a00:1", "2002:a00:1::1",
     "2001:0:1::1", "ff02::1", "192.0.2.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1:7f00:0:100::", "fec0::1",
     "5f00::1"],
)  # fmt: skip
def test_addresses_of_ours(address: str) -> None:
    assert not is_global(address)


def test_one_private_address_among_others_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("8.8.8.8", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: found)
    with pytest.raises(AddressRefused):
        json_of("https://mixed.example/", allowed=())


def test_an_answer_that_drips_is_given_up() -> None:
    pause = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            connection.sendall(b"x")
            pause.wait(0.02)

    with answering(drip) as url, outgoing_client(allowed=LOOPBACK, seconds=0.4) as client:
        began = time.monotonic()
        with pytest.raises(httpx.TransportError):
            client.get(url)
        assert time.monotonic() - began < 5


def test_a_large_answer_is_given_up() -> None:
    with answering(said("HTTP/1.1 200 OK", b" " * (LARGEST_ANSWER + 100))) as url, pytest.raises(NoAnswer):
        json_of(url, allowed=LOOPBACK)


@pytest.mark.parametrize("head", ["nonsense", "HTTP/1.1 200 OK\nContent-Length: x", "HTTP/1.1 302 Found\nLocation: /"])
def test_what_is_no_answer(head: str) -> None:
    with answering(said(head)) as url, pytest.raises(NoAnswer):
        json_of(url, allowed=LOOPBACK)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with answering(said("HTTP/1.1 200 OK\nContent-Length: 2", b"{}")) as url:
        assert json_of(url, allowed=LOOPBACK) == {}
