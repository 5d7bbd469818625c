"""WSGI entry: all HTTP of the product."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

from apps.common.api.responses import error_body  # noqa: E402  # needs Django to be set up
from apps.common.errors import UnsupportedMediaType  # noqa: E402  # same

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']*)", re.IGNORECASE)
_TAKEN = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, asked in UTF-8 only: it would decode the query with any codec of Python that a client names, and fail."""
    charset = _CHARSET.search(environ.get("CONTENT_TYPE", ""))
    if charset is None or charset[1].lower() in _TAKEN:
        return django(environ, start_response)
    headers = [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")]
    start_response("415 Unsupported Media Type", headers)
    return [orjson.dumps(error_body(UnsupportedMediaType()))]
