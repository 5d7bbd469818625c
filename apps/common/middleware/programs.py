"""The short way of programs, which say in a header who they are, past everything that only pages need."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, get_resolver, set_urlconf
from django.utils import translation
from django.utils.cache import patch_vary_headers

GetResponse = Callable[[HttpRequest], HttpResponse]
_CREDENTIALS = ("HTTP_AUTHORIZATION", "HTTP_X_API_KEY")
_REMEMBERED, _LONGEST = 1024, 200


class ProgramsMiddleware:
    """Calls the view of an API request with credentials in a header; all others take the long way.

    Sessions, cookies against forgery, messages and time zones of pages mean nothing to such a request: its view looks
    at no cookie but that of the language. What the middleware behind would write into the answer is written here.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.answer: Any = convert_exception_to_response(_answer)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/") or not any(name in request.META for name in _CREDENTIALS):
            return self.get_response(request)
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = _language(chosen, request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response: HttpResponse = self.answer(request)
        if not response.streaming and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        response.headers.setdefault("Content-Language", language)
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        patch_vary_headers(response, ("Accept-Language",))
        return response


def _answer(request: Any) -> HttpResponse:
    """What the route's view answers. Raises ``Resolver404`` where there is no route."""
    urlconf = getattr(request, "urlconf", settings.ROOT_URLCONF)
    set_urlconf(urlconf)
    match = request.resolver_match = _route(urlconf, request.path_info)
    response: Any = match.func(request, *match.args, **match.kwargs)
    rendered: HttpResponse = response.render() if hasattr(response, "render") else response
    return rendered


def _route(urlconf: str, path: str) -> ResolverMatch:
    """The route of a path: a hundred patterns are tried for the first request alone, unless the path is very long."""
    return _known_route(urlconf, path) if len(path) <= _LONGEST else get_resolver(urlconf).resolve(path)


@lru_cache(maxsize=_REMEMBERED)
def _known_route(urlconf: str, path: str) -> ResolverMatch:
    match = get_resolver(urlconf).resolve(path)
    match.tried = None  # the patterns that did not fit take eleven times what the rest does, and nobody looks at them
    return match


def _language(chosen: str | None, accepted: str) -> str:
    """The language of a cookie and ``Accept-Language``: looked for once, unless they are very long."""
    find = _known_language if len(chosen or "") + len(accepted) <= _LONGEST else _found_language
    return find(chosen, accepted)


def _found_language(chosen: str | None, accepted: str) -> str:
    """As Django finds it, which reads only the first 500 characters of each."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    if chosen is not None:
        request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = chosen
    return translation.get_language_from_request(request)


_known_language = lru_cache(maxsize=_REMEMBERED)(_found_language)
