"""The WSGI handler itself, called in this process: every request in a transaction that is taken back."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction

from apps.isolation.doors.channels import watched
from apps.isolation.doors.wire import Answer, Headers, Request
from apps.isolation.watching import Lines, tables_written


class InProcess:
    """Answers with what was logged, and with the tables of ``schema`` that the request has written to."""

    undoes = True

    def __init__(self, *, lines: Lines, schema: str) -> None:
        self.lines, self.schema = lines, schema

    def send(self, request: Request) -> Answer:
        self.lines.taken()
        with transaction.atomic():
            answer = called(request)
            written = tables_written(self.schema)
            transaction.set_rollback(True)
        return replace(answer, log=self.lines.taken(), written=written)

    def watch(self, request: Request) -> Answer:
        self.lines.taken()
        answer = watched(request)
        return replace(answer, log=self.lines.taken())


def called(request: Request) -> Answer:
    """Calls the WSGI handler, in whatever transaction there is."""
    from config.wsgi import application  # noqa: PLC0415  # sets Django up, which has to be over by now

    started: list[tuple[int, Headers]] = []

    def start_response(status: str, headers: Iterable[tuple[str, str]], *_error: Any) -> None:
        started.append((int(status.partition(" ")[0]), tuple(headers)))

    result: Any = application(_environ(request), start_response)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    return Answer(*started[-1], body)


@contextmanager
def connection_kept() -> Iterator[None]:
    """Requests begin and end inside a transaction of ours, where Django would drop the connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _environ(request: Request) -> dict[str, Any]:
    path, _mark, query = request.path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": request.host,
        "CONTENT_TYPE": request.content_type,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
    return environ | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers}
