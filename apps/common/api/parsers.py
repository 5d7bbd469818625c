"""Bodies in: strict JSON, and multipart for uploads."""

from __future__ import annotations

from typing import Any

import orjson
from rest_framework import parsers
from rest_framework.exceptions import ParseError, ValidationError

from apps.common.api.strictness import objection, worth_a_look
from apps.common.errors import MalformedMultipart


class JSONParser(parsers.BaseParser):
    """UTF-8 JSON as RFC 8259 has it: no NaN, no comments; anything else is 400 ``malformed_json``."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read()
        try:
            document = orjson.loads(raw or b"{}")
        except orjson.JSONDecodeError as error:
            raise ParseError from error
        if worth_a_look(raw) and (text := objection(document)) is not None:
            raise ValidationError({"body": [text]})
        return document


class MultiPartParser(parsers.MultiPartParser):
    """Forms with files; files beyond a megabyte go to disk as they arrive."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except (ParseError, TypeError) as error:  # the latter where a part says its name in two manners of RFC 2231
            raise MalformedMultipart from error
