"""Structured logs: one JSON object a line on stdout, or readable lines in development."""

from __future__ import annotations

import json
import logging.config
import re
from functools import lru_cache
from typing import Any

import orjson
import structlog
from structlog.types import EventDict, Processor, WrappedLogger

_SECRET_NAME = re.compile(r"pass(word|phrase)|secret|token|authorization|cookie|api_?key|credential", re.IGNORECASE)
MASK = "[hidden]"
_WITH_TRACE = {"exc_info", "stack_info"}
WITHOUT_VALUES = structlog.dev.RichTracebackFormatter(show_locals=False)  # locals may hold tokens and passwords


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Masks values whose name says that they are secret: the last line of defence, not the first."""
    for name, value in event.items():
        if value and _is_secret(name):
            event[name] = MASK
    return event


def _json(event: EventDict, **_options: Any) -> str:
    """One line; what JSON has no way to say is written as text."""
    try:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # an integer beyond 64 bits, a lone surrogate
        return json.dumps(event, default=str)


class JSONFormatter(structlog.stdlib.ProcessorFormatter):
    """Writes most of our own events at once: the library copies each record for others that may want it."""

    def format(self, record: logging.LogRecord) -> str:
        event: Any = record.msg
        return _json(event) if isinstance(event, dict) and not event.keys() & _WITH_TRACE else super().format(record)


def configure_logging(log_format: str, level: str) -> None:
    """Routes structlog and the standard library through one formatter; context comes from contextvars."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    renderer: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(exception_formatter=WITHOUT_VALUES)]
    )
    # Nobody reads where a line was written, nor by which thread; an event is found by its name.
    logging._srcfile = None  # the documented way to leave it out
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "default": {
                    "()": JSONFormatter if log_format == "json" else structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {
                "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "default"}
            },
            "root": {"handlers": ["stdout"], "level": level},
            "loggers": {
                # The kernel's own handlers tell of these, with the trace and without the path's secrets.
                "django.request": {"level": "CRITICAL"},
                "django.security.DisallowedHost": {"level": "CRITICAL"},
                # Like all others, though it has set itself up before.
                "uvicorn": {"handlers": [], "level": "NOTSET", "propagate": True},
                "uvicorn.access": {"level": "WARNING", "propagate": False},
                "httpx": {"level": "WARNING"},
                "botocore": {"level": "WARNING"},  # it tells each thread where its credentials come from
            },
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
