"""The trace id of what is going on: from ``X-Request-ID``, carried to events, logs, tasks and webhooks."""

from __future__ import annotations

import re
from contextvars import ContextVar

import structlog

from apps.common.ids import uuid7

_ACCEPTED = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}\Z")
_current: ContextVar[str] = ContextVar("trace_id", default="")


def current_trace_id() -> str:
    """The trace id in force, or the empty string."""
    return _current.get()


def begin_trace(wanted: str | None = None) -> str:
    """Starts a trace: takes ``wanted`` when it is well-formed (1-128 safe characters), else makes a new id."""
    trace_id = wanted if wanted and _ACCEPTED.match(wanted) else str(uuid7())
    _current.set(trace_id)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(trace_id=trace_id)
    return trace_id
