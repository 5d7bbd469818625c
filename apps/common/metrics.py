"""What the kernel counts, and the page that tells it; names are those of the operations contract."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import psutil
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

REQUESTS = Counter("oficina_http_requests_total", "HTTP requests", ["method", "route", "status"])
LATENCY = Histogram(
    "oficina_http_request_duration_seconds",
    "HTTP latency",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
ERRORS = Counter("oficina_http_errors_total", "HTTP answers of 500 and above", ["method", "route"])
SOCKETS = Gauge("oficina_ws_connections", "WebSockets open in this server", multiprocess_mode="livesum")

_SHARED_WITH = os.environ.get("PROMETHEUS_MULTIPROC_DIR")  # read as prometheus_client does; see config.web
_LIVE = re.compile(r"gauge_live\w*_(\d+)\.db\Z")
_collectors: list[Collector] = []


def collector_add(collector: Collector) -> None:
    """Adds what says the same in every process, because it asks the database."""
    REGISTRY.register(collector)
    _collectors.append(collector)


def exposition() -> bytes:
    """Prometheus' text format: of this process, or of all processes of a server that has several."""
    if _SHARED_WITH is None:
        return generate_latest(REGISTRY)
    _forget_the_dead(Path(_SHARED_WITH))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, _SHARED_WITH)  # type: ignore[no-untyped-call]
    for collector in _collectors:
        registry.register(collector)
    return generate_latest(registry)


def _forget_the_dead(directory: Path) -> None:
    """What a process that is gone has counted stays; what it had open does not."""
    for file in directory.iterdir():
        if (found := _LIVE.match(file.name)) and not psutil.pid_exists(int(found[1])):
            with suppress(FileNotFoundError):  # who is asked at the same time has done it
                mark_process_dead(int(found[1]), str(directory))  # type: ignore[no-untyped-call]
