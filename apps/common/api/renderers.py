"""JSON out, through orjson."""

from __future__ import annotations

from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer


def _default(value: Any) -> Any:
    return str(value)


class JSONRenderer(BaseRenderer):
    """UTF-8 JSON; lazily translated texts and decimals become strings."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=_default, option=orjson.OPT_NON_STR_KEYS)
