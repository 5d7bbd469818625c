"""The ASGI application, asked in this process: sockets and streams until they end."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator

from apps.isolation.doors.wire import SOCKET, Answer, Request

SECONDS = 20
_SOCKET, _STREAM = "websocket", "http"


def watched(request: Request) -> Answer:
    """What the other side sent until it ended; the close code of a socket as status."""
    return async_to_sync(_socket if request.method == SOCKET else _stream)(request)


def _scope(request: Request, kind: str) -> dict[str, Any]:
    path, _mark, query = request.path.partition("?")
    headers = [("host", request.host), *request.headers]
    return {
        "type": kind,
        "method": request.method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "client": ("127.0.0.1", 1),
        "subprotocols": [],
    }


def _communicator(request: Request, kind: str) -> ApplicationCommunicator:
    from config.asgi import application  # noqa: PLC0415  # sets Django up, which has to be over by now

    return ApplicationCommunicator(application, _scope(request, kind))  # type: ignore[no-untyped-call]


async def _socket(request: Request) -> Answer:
    communicator = _communicator(request, _SOCKET)
    await communicator.send_input({"type": "websocket.connect"})  # type: ignore[no-untyped-call]
    frames: list[bytes] = []
    while True:
        message: dict[str, Any] = await communicator.receive_output(SECONDS)  # type: ignore[no-untyped-call]
        if message["type"] == "websocket.send":
            frames.append((message.get("text") or "").encode() or message.get("bytes") or b"")
        elif message["type"] == "websocket.close":
            await communicator.send_input({"type": "websocket.disconnect", "code": 1000})  # type: ignore[no-untyped-call]
            await communicator.wait(SECONDS)  # type: ignore[no-untyped-call]
            return Answer(int(message.get("code") or 1000), body=b"\n".join(frames))


async def _stream(request: Request) -> Answer:
    communicator = _communicator(request, _STREAM)
    await communicator.send_input({"type": "http.request", "body": b"", "more_body": False})  # type: ignore[no-untyped-call]
    start: dict[str, Any] = await communicator.receive_output(SECONDS)  # type: ignore[no-untyped-call]
    parts: list[bytes] = []
    more = True
    while more:
        message: dict[str, Any] = await communicator.receive_output(SECONDS)  # type: ignore[no-untyped-call]
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    await communicator.wait(SECONDS)  # type: ignore[no-untyped-call]
    return Answer(int(start["status"]), headers, b"".join(parts))
