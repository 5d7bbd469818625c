"""The world outside: robots tell it what they do, and it writes that down as they do it."""

from __future__ import annotations

import json
import socketserver
import threading
from typing import Self

from tests.chaos.history import History


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        for line in self.rfile:
            self.server.history.note("effect", **json.loads(line))


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, history: History) -> None:
        self.history = history
        super().__init__(("127.0.0.1", 0), _Handler)


class Collector:
    """Listens until it is left."""

    def __init__(self, history: History) -> None:
        self._server = _Server(history)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="collector", daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
