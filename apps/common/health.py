"""Is it well? Other apps register what they know; the kernel asks database and Redis itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection

from apps.common.redis import RedisAway, redis_or_away

logger = structlog.get_logger(__name__)
Probe = Callable[[], dict[str, Any]]
Requirement = Callable[[], str | None]
_probes: dict[str, Probe] = {}
_requirements: dict[str, Requirement] = {}
HEALTHY, DOWN, DEGRADED = "healthy", "down", "degraded"


def probe(name: str) -> Callable[[Probe], Probe]:
    """Registers a service of ``/health/services``: returns ``{status, …}``."""

    def register(function: Probe) -> Probe:
        _probes[name] = function
        return function

    return register


def requirement(name: str) -> Callable[[Requirement], Requirement]:
    """Registers a condition of ``/ready``: returns what is missing, or None."""

    def register(function: Requirement) -> Requirement:
        _requirements[name] = function
        return function

    return register


def _timed(action: Callable[[], Any]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        action()
    except (DatabaseError, RedisAway, OSError) as error:
        logger.warning("health_probe_failed", error=str(error))
        return {"status": DOWN, "latency_ms": None, "error": str(error)}
    return {"status": HEALTHY, "latency_ms": round((time.perf_counter() - started) * 1000, 2)}


@probe("database")
def database() -> dict[str, Any]:
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    return _timed(ask)


@probe("redis")
def redis() -> dict[str, Any]:
    def ask() -> None:
        with redis_or_away() as client:
            client.ping()

    return _timed(ask)


@probe("storage")
def storage() -> dict[str, Any]:
    return _timed(lambda: default_storage.exists("health"))


@requirement("database")
def database_ready() -> str | None:
    return database().get("error")


@requirement("redis")
def redis_ready() -> str | None:
    return redis().get("error")


def services(*, with_errors: bool) -> dict[str, Any]:
    """``{status: ok|degraded|down, services: {name: {status, …}}}``; error texts only ``with_errors``."""
    found = {name: function() for name, function in _probes.items()}
    if not with_errors:
        for entry in found.values():
            entry.pop("error", None)
    if found["database"]["status"] == DOWN:
        overall = "down"
    else:
        overall = "ok" if all(entry["status"] == HEALTHY for entry in found.values()) else "degraded"
    return {"status": overall, "services": found}


def missing() -> dict[str, str]:
    """What keeps this process from being ready: name → reason; empty when it is."""
    found = {name: function() for name, function in _requirements.items()}
    return {name: reason for name, reason in found.items() if reason}
