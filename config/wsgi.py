"""WSGI entry: all HTTP of the product."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.http.multipartparser import MultiPartParserError
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

from apps.common.api.responses import error_body  # noqa: E402  # needs Django to be set up
from apps.common.errors import ApplicationError, NotAcceptable, UnsupportedMediaType  # noqa: E402  # same
from apps.executions.registry import kinds_load  # noqa: E402  # same
from config import celery, urls, urls_platform  # noqa: E402, F401  # all that answers and rings: no request waits for it
from config.memory import garbage_from_here  # noqa: E402

# A parameter in the manner of RFC 2231, as no media type has: reading it can fail in many ways, and Django expects few.
_STARRED = re.compile(r";[^;=,]*\*")
_TAKEN = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


class GuardedRequest(WSGIRequest):
    """A request that can be read, or else is answered with 400: whatever its sender calls its texts and its parts."""

    def __init__(self, environ: dict[str, Any]) -> None:
        """Reads in UTF-8 what is called ASCII: it may hold more all the same, which no page could say in ASCII."""
        super().__init__(environ)
        if self.encoding is not None:
            self.encoding = "utf-8"

    def parse_file_upload(self, META: Mapping[str, Any], post_data: Any) -> Any:  # noqa: N803  # Django's name
        """Raises what Django answers with 400 where a part says its name in two manners of RFC 2231 at once."""
        try:
            return super().parse_file_upload(META, post_data)
        except TypeError as error:
            raise MultiPartParserError("a part cannot be read") from error


django.request_class = GuardedRequest
kinds_load()
garbage_from_here()  # once more: routes, their views and the pages of the back-office are here to stay as well


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, asked in UTF-8 only: it would decode the query with any codec of Python that a client names, and fail."""
    error = _objection(environ)
    if error is None:
        return django(environ, start_response)
    headers = [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")]
    start_response(f"{error.status} {HTTPStatus(error.status).phrase}", headers)
    return [orjson.dumps(error_body(error))]


def _objection(environ: dict[str, Any]) -> ApplicationError | None:
    """Why Django is not asked, with whose eyes the media type is read: of two charsets it takes the last."""
    content_type = environ.get("CONTENT_TYPE", "")
    if _STARRED.search(content_type):
        return UnsupportedMediaType()
    _media_type, parameters = parse_header_parameters(content_type)
    if parameters.get("charset", "utf-8").lower() not in _TAKEN:
        return UnsupportedMediaType()
    return NotAcceptable() if _STARRED.search(environ.get("HTTP_ACCEPT", "")) else None
