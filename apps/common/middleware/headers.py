"""What browsers are told not to do. Django's own SecurityMiddleware tells the rest: HSTS, nosniff, referrer, opener."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]
Answer = TypeVar("Answer", bound=HttpResponse)
_LIBRARIES = (
    "default-src 'self'; script-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Swagger UI and ReDoc make style elements and blob workers of their own; scripts come from us alone."""
_DOCUMENTS = re.compile(r"/(?:[a-z0-9-]+|api/v1)/(?:docs|redoc)/?\Z")
DATA_POLICY = "default-src 'none'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_SOURCE = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&()*+=._~%-]+\Z")
_PERMISSIONS = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"


def pages_policy(*, images: str = "", targets: str = "") -> str:
    """The policy of our own pages: nothing inline, nothing from elsewhere, and no script that writes markup.

    ``images`` is one more address to show images from (an organization's logo), ``targets`` one more that forms may
    lead to. What could end a directive is left out.
    """
    shown, led = _more(images, targets)
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{shown}; font-src 'self'; "
        f"connect-src 'self'; form-action 'self'{led}; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def back_office_policy(*, images: str = "", targets: str = "") -> str:
    """The policy of the back-office, as narrow as its library allows; why it is no narrower: docs/decisions/0015.

    ``images`` and ``targets`` are as in :func:`pages_policy`.
    Scripts and style sheets come from us alone and none stands in a page. Alpine compiles the expressions of its
    attributes (``unsafe-eval``), and widgets of Django and unfold carry style attributes, which colour and no more.
    """
    shown, led = _more(images, targets)
    return (
        "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        f"img-src 'self' data:{shown}; font-src 'self'; connect-src 'self'; form-action 'self'{led}; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )


def _more(*sources: str) -> Iterator[str]:
    """What is added to directives; nothing for what could end one."""
    return (f" {source}" if _SOURCE.match(source) else "" for source in sources)


def forgotten(response: Answer) -> Answer:
    """The answer to who signed out: the browser drops what it kept of this host's pages. It does so over TLS alone."""
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


class SecurityHeadersMiddleware:
    """Sets a policy for each kind of answer; views may set a stricter or wider one of their own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy(request, response))
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        if request.path_info.startswith(("/api/", "/admin/")):
            # What has a tag may be kept by the client alone, and asked for again with it.
            response.headers.setdefault("Cache-Control", "private, no-cache" if "ETag" in response else "no-store")
        return response

    @staticmethod
    def policy(request: HttpRequest, response: HttpResponse) -> str:
        if not response.get("Content-Type", "").startswith("text/html"):
            return DATA_POLICY
        if request.path_info.startswith("/admin/"):
            return back_office_policy(images=getattr(request, "office_logo", ""))
        return _LIBRARIES if _DOCUMENTS.match(request.path_info) else pages_policy()
