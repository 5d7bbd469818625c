"""That what is wrong would be found: a small program that answers otherwise than it says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from tests.fuzz.campaign import Effort, campaign

ANSWERS = {
    "/sound": (200, "application/json", b'{"id": 1}'),
    "/failing": (500, "application/json", b"{}"),
    "/undocumented": (418, "application/json", b"{}"),
    "/misshapen": (200, "application/json", b'{"id": "one"}'),
    "/mistyped": (200, "text/html", b"<p>1"),
}
SHAPE = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}


def _operation(name: str) -> dict[str, Any]:
    answer = {"description": "", "content": {"application/json": {"schema": SHAPE}}}
    return {"get": {"operationId": name, "responses": {"200": answer}}}


class Handler(BaseHTTPRequestHandler):
    document: ClassVar = {
        "openapi": "3.0.3",
        "info": {"title": "Tiny", "version": "1"},
        "paths": {f"/api/v1{path}": _operation(path[1:]) for path in ANSWERS},
    }

    def do_GET(self) -> None:
        path = self.path.removeprefix("/api/v1").partition("?")[0]
        document = (200, "application/json", json.dumps(self.document).encode())
        status, media_type, body = ANSWERS.get(path, document)
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given: Any) -> None:
        """Says nothing."""


@contextmanager
def served() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    effort = Effort(examples=2, chains=1, steps=1, phases=("fuzzing",))
    with served() as url:
        return campaign(url, lambda: "token", effort=effort, seed=1).findings


@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("failing", "Server error"),
        ("undocumented", "Undocumented status code"),
        ("misshapen", "Response violates schema"),
        ("mistyped", "Undocumented Content-Type"),
    ],
)
def test_it_is_found(found: dict[str, str], path: str, failure: str) -> None:
    assert f"GET /api/v1/{path}: {failure}" in found


def test_what_is_sound_is_left_alone(found: dict[str, str]) -> None:
    assert not [name for name in found if "/sound" in name]
