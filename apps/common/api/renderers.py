"""JSON out, through orjson."""

from __future__ import annotations

import json
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer


def to_json(data: Any) -> bytes:
    """UTF-8 JSON; lazily translated texts and decimals become strings, times are UTC with ``Z``.

    orjson refuses integers beyond 64 bits, lone surrogates and deep nesting; such data came in by another way than our
    parser, and is still answered.
    """
    try:
        return orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
    except TypeError:
        return json.dumps(data, default=str).encode()


class JSONRenderer(BaseRenderer):
    """The only renderer: the API speaks JSON."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else to_json(data)
