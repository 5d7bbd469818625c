"""Structured logs: one JSON object a line on stdout, or readable lines in development."""

from __future__ import annotations

import logging.config
import re

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

_SECRET_NAME = re.compile(r"pass(word|phrase)|secret|token|authorization|cookie|api_?key|credential", re.IGNORECASE)
MASK = "[hidden]"
WITHOUT_VALUES = structlog.dev.RichTracebackFormatter(show_locals=False)  # locals may hold tokens and passwords


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Masks values whose name says that they are secret: the last line of defence, not the first."""
    for name, value in event.items():
        if value and _SECRET_NAME.search(name):
            event[name] = MASK
    return event


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
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(exception_formatter=WITHOUT_VALUES)]
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "default": {
                    "()": structlog.stdlib.ProcessorFormatter,
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
