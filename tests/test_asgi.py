"""The door of sockets, streams and, in development, of everything."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync

from config.asgi import HttpRouter


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
