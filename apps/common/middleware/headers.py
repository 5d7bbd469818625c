"""What browsers are told not to do. Django's own SecurityMiddleware tells the rest: HSTS, nosniff, referrer, opener."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]
_PAGES = (
    "default-src 'self'; script-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Swagger UI and ReDoc make style elements and blob workers of their own; scripts come from us alone."""
_BACK_OFFICE = _PAGES.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'")
"""The back-office's Alpine evaluates the expressions of its attributes."""
_DATA = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_PERMISSIONS = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"


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
        return _BACK_OFFICE if request.path_info.startswith("/admin/") else _PAGES
