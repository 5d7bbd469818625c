"""JSON in: strict RFC 8259, no NaN, no duplicate surprises of encodings."""

from __future__ import annotations

from typing import Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class JSONParser(BaseParser):
    """UTF-8 JSON; anything else is 400 ``malformed_json``."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return orjson.loads(stream.read() or b"{}")
        except orjson.JSONDecodeError as error:
            raise ParseError from error
