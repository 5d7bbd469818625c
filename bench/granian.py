"""The server that answers HTTP in production, with one process instead of two: the other core is the client's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from apps.common.testing import eventually
from bench.stage import Stage, ended
from tests.running import free_port

THREADS = 16  # as in production
START_SECONDS = 30


@contextmanager
def granian(stage: Stage, application: str, probe: str, *, threads: int = THREADS, **environment: str) -> Iterator[str]:
    """Serves a WSGI application while the block runs; gives its address once ``probe`` is answered."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = stage.live.start(
        "granian",
        *("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"),
        *("--workers", "1", "--blocking-threads", str(threads), "--backpressure", "64", application),
        **environment,
    )
    with ended(process):
        eventually(lambda: process.running and _answers(f"{url}{probe}"), seconds=START_SECONDS)
        yield url


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code < httpx.codes.INTERNAL_SERVER_ERROR
    except httpx.TransportError:
        return False
