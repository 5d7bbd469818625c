"""What browsers are told not to do. Django's own SecurityMiddleware tells the rest: HSTS, nosniff, referrer, opener."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]
_LIBRARIES = (
    "default-src 'self'; script-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Swagger UI and ReDoc make style elements and blob workers of their own; scripts come from us alone."""
_DOCUMENTS = re.compile(r"/(?:[a-z0-9-]+|api/v1)/(?:docs|redoc)/?\Z")
_BACK_OFFICE = _LIBRARIES.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'")
"""The back-office's Alpine evaluates the expressions of its attributes."""
_DATA = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_SOURCE = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&()*+=._~%-]+\Z")
_PERMISSIONS = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"


def pages_policy(*, images: str = "", targets: str = "") -> str:
    """The policy of our own pages: nothing inline, nothing from elsewhere, and no script that writes markup.

    ``images`` is one more address to show images from (an organization's logo), ``targets`` one more that forms may
    lead to. What could end a directive is left out.
    """
    shown, led = (f" {source}" if _SOURCE.match(source) else "" for source in (images, targets))
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{shown}; font-src 'self'; "
        f"connect-src 'self'; form-action 'self'{led}; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


class SecurityHeadersMiddleware:
    """Sets a policy for each kind of answer; views may set a stricter or wider one of their own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy(request, response))
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        if request.path_info.startswith("/api/"):
            # What has a tag may be kept by the client alone, and asked for again with it.
            response.headers.setdefault("Cache-Control", "private, no-cache" if "ETag" in response else "no-store")
        return response

    @staticmethod
    def policy(request: HttpRequest, response: HttpResponse) -> str:
        if not response.get("Content-Type", "").startswith("text/html"):
            return _DATA
        if request.path_info.startswith("/admin/"):
            return _BACK_OFFICE
        return _LIBRARIES if _DOCUMENTS.match(request.path_info) else pages_policy()
