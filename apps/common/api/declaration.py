"""What is known of an operation before it runs."""

from __future__ import annotations

import enum
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils.http import http_date
from rest_framework.parsers import BaseParser
from rest_framework.serializers import Serializer

from apps.common.api.parsers import MultiPartParser
from apps.common.errors import ApplicationError

SerializerClass = type[Serializer[Any]]
Preparation = Callable[..., AbstractContextManager[Any]]
"""Takes the request and the route's arguments; what it yields is undone where the block leaves it unused or fails."""
DEPRECATED_AT_LEAST = timedelta(weeks=4)


class Right(enum.Enum):
    """Rights that are no action of the table of roles."""

    PUBLIC = "public"
    AUTHENTICATED = "authenticated"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """A route on its way out: since when, until when it works, and what to use instead."""

    since: date
    sunset: date
    instead: str

    def __post_init__(self) -> None:
        if self.sunset - self.since < DEPRECATED_AT_LEAST:
            raise ValueError(f"a deprecated route works {DEPRECATED_AT_LEAST.days} days longer")

    def headers(self) -> dict[str, str]:
        """``Deprecation`` as RFC 9745 has it, ``Sunset`` as RFC 8594 has it, and a flag that is easy to test."""
        since, sunset = (datetime.combine(day, time.min, UTC).timestamp() for day in (self.since, self.sunset))
        return {"Deprecated": "true", "Deprecation": f"@{since:.0f}", "Sunset": http_date(sunset)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What is known of one operation before it runs."""

    summary: str
    right: str | Right
    request: SerializerClass | None
    query: SerializerClass | None
    response: Any
    status: int
    errors: tuple[type[ApplicationError], ...] = ()
    idempotent: bool
    prepare: Preparation | None
    conditional: bool
    tagged: bool
    parsers: tuple[type[BaseParser], ...]
    produces: tuple[str, ...]
    deprecated: Deprecation | None

    @property
    def takes_files(self) -> bool:
        """Whether a body may hold files, and so be large and long on its way."""
        return any(issubclass(parser, MultiPartParser) for parser in self.parsers)


def declaration_of(method: Any) -> Declaration | None:
    """The declaration on an action method, if it has one."""
    return getattr(method, "declaration", None)
