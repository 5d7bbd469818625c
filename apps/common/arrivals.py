"""Pages that take files: who sends one is asked before a byte of it is read, and once more when all of it is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from apps.common.api.fallback import error_answer
from apps.common.errors import ApplicationError

View = Callable[..., Any]


def taking_files(guard: Callable[[Any], View], *, first: View, large: bool = False) -> Callable[[Any], View]:
    """Puts a view behind ``guard``, which lets in who has signed in, in the order that a long way of a form asks for.

    The guard is asked, then ``first``, which raises or returns the answer where somebody may not. Only then Django
    looks for the proof that a page of ours sent the form, for which it reads all of it; and of who sent it, as they are
    by now, the guard is asked again. Where it is ``large``, the form may be as large as an upload.
    """

    def decorate(view: Any) -> View:
        inner = guard(view)

        @csrf_protect
        def arrived(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            led: HttpResponseBase | None = None
            try:
                if request.method == "POST":
                    led = import_string(settings.PAGES_ASK_AGAIN)(request)
            except ApplicationError as error:
                return error_answer(request, error)
            return led or inner(request, *args, **kwargs)

        @csrf_exempt
        @wraps(view)
        def asked(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refusal: HttpResponseBase | None = first(request, *args, **kwargs) if request.method == "POST" else None
            return refusal or arrived(request, *args, **kwargs)

        asked.takes_files = large  # type: ignore[attr-defined]
        return guard(asked)

    return decorate
