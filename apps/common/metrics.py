"""What the kernel counts; names are those of the operations contract."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("oficina_http_requests_total", "HTTP requests", ["method", "route", "status"])
LATENCY = Histogram(
    "oficina_http_request_duration_seconds",
    "HTTP latency",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
ERRORS = Counter("oficina_http_errors_total", "HTTP answers of 500 and above", ["method", "route"])
SOCKETS = Gauge("oficina_ws_connections", "WebSockets open in this process")
