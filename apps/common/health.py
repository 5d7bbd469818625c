"""Is it well? Other apps register what they know; the kernel asks database and Redis itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.files.storage import default_storage
from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.common.errors import Text
from apps.common.metrics import SOCKETS
from apps.common.redis import redis_or_away

logger = structlog.get_logger(__name__)
Probe = Callable[[], dict[str, Any]]
Requirement = Callable[[], str | None]
_probes: dict[str, Probe] = {}
_titles: dict[str, Text] = {}
_requirements: dict[str, Requirement] = {}
HEALTHY, DOWN, DEGRADED = "healthy", "down", "degraded"


def probe(name: str, title: Text = "") -> Callable[[Probe], Probe]:
    """Registers a service of ``/health/services``: returns ``{status, …}``; people read its ``title``."""

    def register(function: Probe) -> Probe:
        _probes[name] = function
        _titles[name] = title or name
        return function

    return register


def requirement(name: str) -> Callable[[Requirement], Requirement]:
    """Registers a condition of ``/ready``: returns what is missing, or None."""

    def register(function: Requirement) -> Requirement:
        _requirements[name] = function
        return function

    return register


def timed(action: Callable[[], Any]) -> dict[str, Any]:
    """``{status, latency_ms}`` of asking an outside system; whatever it raises means that it is down."""
    started = time.perf_counter()
    try:
        action()
    except Exception as error:  # noqa: BLE001  # each probe fails in ways of its own, and none may break the answer
        reason = str(error.__cause__ or error) or type(error).__name__
        logger.warning("health_probe_failed", error=reason)
        return {"status": DOWN, "latency_ms": None, "error": reason}
    return {"status": HEALTHY, "latency_ms": round((time.perf_counter() - started) * 1000, 2)}


@probe("database", _("Database"))
def database() -> dict[str, Any]:
    """Asks past the organization's context, whose role may not be there before the first migration."""

    def ask() -> None:
        connection.ensure_connection()
        connection.connection.execute("SELECT 1")

    found = timed(ask)
    if found["status"] == DOWN:
        connection.close()  # so that the next one connects anew
    return found


@probe("redis", "Redis")
def redis() -> dict[str, Any]:
    def ask() -> None:
        with redis_or_away() as client:
            client.ping()

    return timed(ask)


@probe("storage", _("Files"))
def storage() -> dict[str, Any]:
    return timed(lambda: default_storage.exists("health"))


@probe("websocket", _("Live connections"))
def websocket() -> dict[str, Any]:
    """Sockets open in the process that is asked."""
    open_now = sum(sample.value for metric in SOCKETS.collect() for sample in metric.samples)
    return {"status": HEALTHY, "connections": int(open_now)}


@requirement("database")
def database_ready() -> str | None:
    return database().get("error")


@requirement("redis")
def redis_ready() -> str | None:
    return redis().get("error")


def services(*, with_errors: bool) -> dict[str, Any]:
    """``{status: ok|degraded|down, services: {name: {status, …}}}``; error texts only ``with_errors``."""
    found = {name: _asked(function) for name, function in _probes.items()}
    if not with_errors:
        for entry in found.values():
            entry.pop("error", None)
    if found["database"]["status"] == DOWN:
        overall = "down"
    else:
        overall = "ok" if all(entry["status"] == HEALTHY for entry in found.values()) else "degraded"
    return {"status": overall, "services": found}


def title_of(name: str) -> Text:
    """A service's name for people; its own where it has none."""
    return _titles.get(name, name)


def missing() -> dict[str, str]:
    """What keeps this process from being ready: name → reason; empty when it is."""
    found = {name: _required(function) for name, function in _requirements.items()}
    return {name: reason for name, reason in found.items() if reason}


def _asked(function: Probe) -> dict[str, Any]:
    """What a probe says; one that raises is down."""
    found: dict[str, Any] = {}
    outcome = timed(lambda: found.update(function()))
    return found or outcome


def _required(function: Requirement) -> str | None:
    """What a requirement says is missing; one that raises is not met."""
    said: list[str | None] = []
    outcome = timed(lambda: said.append(function()))
    return said[0] if said else outcome["error"]
