"""The door of sockets, streams and, in development, of everything."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from apps.robots.tests.live.server import serving
from config.asgi import HttpRouter

UPGRADE = "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"


def test_names_with_underscores_pass_for_no_header_of_the_proxy() -> None:
    arrived: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        arrived.extend(scope["headers"])

    router = HttpRouter()
    router.wsgi = inner
    said = [(b"x-forwarded-for", b"198.51.100.7"), (b"x_forwarded_for", b"192.0.2.1"), (b"X_Forwarded_Proto", b"https")]
    nothing: Any = None
    async_to_sync(router)({"path": "/health", "method": "GET", "headers": said}, nothing, nothing)
    assert arrived == said[:1]


@pytest.mark.parametrize(("path", "header", "status"), [(9000, 0, 414), (0, 9000, 431), (0, 0, 400)])
def test_a_socket_that_is_refused_for_its_words_is_told_so(path: int, header: int, status: int) -> None:
    request = f"GET /{'a' * path} HTTP/1.1\r\n{UPGRADE}X-Long: {'a' * header}\r\n\r\n"
    with serving() as address:
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as client:
            client.sendall(request.encode())
            answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
