"""Requests through the whole WSGI application, in this process; only the network is left out."""

from __future__ import annotations

import io
import sys
from typing import Any

from config.wsgi import application  # sets Django up


def answered(path: str, query: str = "", *, token: str = "", body: bytes = b"", host: str = "127.0.0.1:8000") -> bytes:
    """What the product answers to ``GET path?query``, or to the JSON in ``body``; only success goes on."""
    status: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST" if body else "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host,
        "HTTP_ACCEPT": "application/json",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if token:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    if body:
        environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
    answer: Any = application(environ, lambda line, _headers, _error=None: status.append(line))
    told = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    if not status[0].startswith("200"):
        raise RuntimeError(f"{status[0]}: {told[:2000]!r}")
    return told
