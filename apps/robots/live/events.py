"""Frames as Server-Sent Events: ``id`` is the number of the last line, so that browsers resume by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from django.conf import settings

from apps.common.middleware.headers import DATA_POLICY
from apps.common.trace import current_trace_id
from apps.robots.live.frames import END, HEARTBEAT, Frame
from apps.robots.live.outbox import Outbox
from apps.robots.live.places import END_MARK, Place, after_of, place_of

HELLO = b"retry: 2000\n\n"
HEARTBEAT_SECONDS = 15.0
Headers = list[tuple[bytes, bytes]]


def requested_place(scope: Mapping[str, Any]) -> Place:
    """``Last-Event-ID``, else ``after`` of the query. Raises ``InvalidInput``."""
    return place_of(after=after_of(scope["query_string"]), last_event_id=_header(scope, b"last-event-id"))


def event(frame: Frame) -> bytes:
    """One event; JSON has no line ends, so it is one line of data."""
    if frame.kind == HEARTBEAT:
        return b":\n\n"
    if frame.seq is None:
        return b"data: %b\n\n" % frame.data
    mark = END_MARK.encode() if frame.kind == END else b""
    return b"id: %d%b\ndata: %b\n\n" % (frame.seq, mark, frame.data)


def headers(scope: Mapping[str, Any], *, content_type: bytes = b"text/event-stream; charset=utf-8") -> Headers:
    """Headers of the answer: nothing on the way may keep or buffer it; other origins as for the rest of the API."""
    fixed = [
        (b"content-type", content_type),
        (b"cache-control", b"no-store, no-transform"),
        (b"x-accel-buffering", b"no"),
        (b"content-security-policy", DATA_POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", settings.SECURE_REFERRER_POLICY.encode()),
        (b"x-request-id", current_trace_id().encode()),
        (b"vary", b"origin"),
    ]
    origin = _header(scope, b"origin")
    if origin and (settings.CORS_ALLOW_ALL_ORIGINS or origin in settings.CORS_ALLOWED_ORIGINS):
        fixed.append((b"access-control-allow-origin", origin.encode("latin-1")))
    return fixed


@asynccontextmanager
async def heartbeat(outbox: Outbox) -> AsyncIterator[None]:
    """Says nothing every 15 s, so that proxies keep the connection."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            outbox.offer(Frame(HEARTBEAT, b""))

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()


async def left(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
    """Waits until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _header(scope: Mapping[str, Any], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")
