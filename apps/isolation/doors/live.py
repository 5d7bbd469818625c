"""A running installation, over real sockets: what is asked there stays done."""

from __future__ import annotations

import socket
import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.isolation.doors.wire import SOCKET, Answer, Request

SECONDS = 30
TOO_MANY, LONGEST_WAIT, TRIES = 429, 60, 5
ABNORMAL = 1006  # the code of a connection that ended without a close frame


class Live:
    """Sends to one address, whatever host the request names, as a proxy in front would."""

    undoes = False

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=SECONDS)
        self._address = urlsplit(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.close()

    def send(self, request: Request) -> Answer:
        """Waits where the rate is spent: limits are no leak."""
        for _try in range(TRIES):
            answer = self._sent(request)
            if answer.status != TOO_MANY:
                break
            time.sleep(min(int(answer.header("Retry-After") or 1), LONGEST_WAIT))
        return answer

    def _sent(self, request: Request) -> Answer:
        headers = [("Host", request.host), *request.headers]
        if request.content_type:
            headers.append(("Content-Type", request.content_type))
        got = self._client.request(request.method, request.path, headers=headers, content=request.body)
        return Answer(got.status_code, tuple(got.headers.multi_items()), got.content)

    def watch(self, request: Request) -> Answer:
        if request.method != SOCKET:
            return self.send(request)
        frames: list[bytes] = []
        with connect(**self._connection(request)) as connection:
            try:
                while True:
                    message = connection.recv(SECONDS)
                    frames.append(message.encode() if isinstance(message, str) else message)
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd is not None else ABNORMAL
        return Answer(code, body=b"\n".join(frames))

    def _connection(self, request: Request) -> dict[str, Any]:
        """A connection to our address whose opening names the request's host."""
        secure = self._address.scheme == "https"
        where = self._address.hostname or "", self._address.port or (443 if secure else 80)
        return {
            "uri": f"{'wss' if secure else 'ws'}://{request.host}{request.path}",
            "sock": socket.create_connection(where, SECONDS),
            "origin": next((value for name, value in request.headers if name == "Origin"), None),
            "additional_headers": {name: value for name, value in request.headers if name != "Origin"},
            "open_timeout": SECONDS,
            "max_size": None,
        }
