"""An authenticated operation that does nothing, against a Django view that does nothing, in the same server."""

from __future__ import annotations

from bench.figures import Figure, Target
from bench.granian import granian
from bench.http import latencies, request_bytes
from bench.plain import EMPTY as PLAIN
from bench.rounds import in_turns
from bench.stage import Stage

SECONDS = 2.0
TARGET = Target(0.5, at_least=True)
EMPTY = "/api/v1/bench/empty"


def measure(stage: Stage) -> list[Figure]:
    with (
        granian(stage, "config.wsgi:application", "/health", DJANGO_SETTINGS_MODULE="bench.settings") as ours,
        granian(stage, "bench.plain.site:application", PLAIN) as plain,
    ):
        request, plain_request = request_bytes(ours, EMPTY, token=stage.token), request_bytes(plain, PLAIN)
        _rate(ours, request)
        _rate(plain, plain_request)
        values, baselines = in_turns(lambda: _rate(ours, request), lambda: _rate(plain, plain_request))
    return [Figure("api-empty", "req/s", TARGET, values, baselines)]


def _rate(url: str, request: bytes) -> float:
    taken, elapsed = latencies(url, [request], seconds=SECONDS)
    return len(taken) / elapsed
