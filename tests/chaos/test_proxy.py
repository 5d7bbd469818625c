"""The proxy passes bytes on, and keeps, delays and drops them when it is told to."""

from __future__ import annotations

import socket
import socketserver
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.proxy import Proxy


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(4096):
            self.request.sendall(data)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """In front of a server that says everything again."""
    with tempfile.TemporaryDirectory(prefix="oficina-") as folder:
        path = Path(folder) / "echo.sock"
        with _Server(str(path), _Echo) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with Proxy(path) as made:
                yield made
            server.shutdown()


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def echoed(connection: socket.socket, data: bytes = b"hello") -> bytes:
    connection.sendall(data)
    return connection.recv(4096)


def ended(connection: socket.socket) -> bool:
    """Whether the other side has ended the connection, in good order or not."""
    try:
        return connection.recv(4096) == b""
    except ConnectionError:
        return True


def test_it_works(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert echoed(connection) == b"hello"
        assert echoed(connection, b"again") == b"again"


def test_cut_ends_connections_and_takes_new_ones(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert echoed(connection) == b"hello"
        proxy.cut()
        assert ended(connection)
    with connected(proxy) as connection:
        assert echoed(connection) == b"hello"


@pytest.mark.parametrize("drop", [False, True])
def test_hang_keeps_connections_and_lets_nothing_through(proxy: Proxy, drop: bool) -> None:
    with connected(proxy) as connection, connected(proxy) as late:
        assert echoed(connection) == b"hello"
        proxy.hang()
        connection.sendall(b"held")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(4096)
        connection.settimeout(5)
        proxy.heal(drop=drop)
        if drop:
            assert ended(connection)
        else:
            assert connection.recv(4096) == b"held"
            assert echoed(late) == b"hello"


def test_delay_makes_every_answer_wait(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert echoed(connection) == b"hello"
        proxy.delay = 0.1
        began = time.monotonic()
        assert echoed(connection) == b"hello"
        assert time.monotonic() - began >= 0.2
        proxy.heal()
        assert echoed(connection) == b"hello"


def test_a_server_that_is_away_is_an_ended_connection(tmp_path: Path) -> None:
    with Proxy(tmp_path / "nobody.sock") as proxy, connected(proxy) as connection:
        assert connection.recv(4096) == b""
