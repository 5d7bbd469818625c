"""Sockets and streams: the routes that Channels serves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.isolation.surface.routes import BOTH, Route


def socket_routes() -> list[Route]:
    """Routes of WebSockets; the last one, which takes every address, answers that there is none."""
    from config.asgi import application  # noqa: PLC0415  # sets Django up, which has to be over by now

    return _routes(application.application_mapping["websocket"].inner.routes)


def stream_routes() -> list[Route]:
    """Routes of HTTP answers that last."""
    from config.asgi import application  # noqa: PLC0415  # same

    return _routes(application.application_mapping["http"].streams.routes)


def _routes(patterns: Iterable[Any]) -> list[Route]:
    return [Route(str(pattern.pattern), BOTH, pattern.callback) for pattern in patterns if str(pattern.pattern)]
