"""One representation for each operation: what the client accepts only decides between it and 406."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.common.api.renderers import JSONRenderer
from apps.common.errors import NotAcceptable

_REMEMBERED, _LONGEST = 1024, 200


class DeclaredNegotiation(BaseContentNegotiation):
    """JSON always (errors are JSON), beside what the operation declares with ``produces``."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        wanted = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == wanted), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        declaration = getattr(request.parser_context["view"], "declaration", None)
        offered = (JSONRenderer.media_type, *(declaration.produces if declaration is not None else ()))
        if not _accepted(request.META.get("HTTP_ACCEPT", ""), offered):
            raise NotAcceptable
        return JSONRenderer(), JSONRenderer.media_type


def _accepted(accept: str, offered: tuple[str, ...]) -> bool:
    """Whether the header names one of the media types; an empty one accepts them all. Very long ones are not kept."""
    return _known_answer(accept, offered) if len(accept) <= _LONGEST else _answer(accept, offered)


def _answer(accept: str, offered: tuple[str, ...]) -> bool:
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    return not accept.strip() or any(request.accepts(media_type) for media_type in offered)


_known_answer = lru_cache(maxsize=_REMEMBERED)(_answer)
