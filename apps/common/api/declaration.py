"""What is known of an operation before it runs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework.parsers import BaseParser
from rest_framework.serializers import Serializer

from apps.common.api.parsers import MultiPartParser
from apps.common.errors import ApplicationError

SerializerClass = type[Serializer[Any]]
MULTIPART_FRAMING = 1024**2
"""Bytes an upload may have beside its file: the other fields and what holds the parts together."""


class Right(enum.Enum):
    """Rights that are no action of the table of roles."""

    PUBLIC = "public"
    AUTHENTICATED = "authenticated"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is known of one operation before it runs."""

    summary: str
    right: str | Right
    request: SerializerClass | None
    query: SerializerClass | None
    response: Any
    status: int
    errors: tuple[type[ApplicationError], ...]
    idempotent: bool
    conditional: bool
    parsers: tuple[type[BaseParser], ...]
    produces: tuple[str, ...]

    @property
    def largest_body(self) -> int:
        """Bytes a request may carry: much where files are taken, else little."""
        if any(issubclass(parser, MultiPartParser) for parser in self.parsers):
            return int(settings.ENV.max_upload_bytes) + MULTIPART_FRAMING
        return int(settings.ENV.max_body_bytes)


def declaration_of(method: Any) -> Declaration | None:
    """The declaration on an action method, if it has one."""
    return getattr(method, "declaration", None)
