"""Cross-origin rules, looked at where a browser asks from another origin."""

from __future__ import annotations

from typing import Any

from corsheaders.middleware import CorsMiddleware as FullCorsMiddleware
from django.http import HttpRequest
from django.utils.cache import patch_vary_headers


class CorsMiddleware(FullCorsMiddleware):
    """The library's, spared requests that name no origin: all it would tell those is that the answer depends on one."""

    def __call__(self, request: HttpRequest) -> Any:
        if "HTTP_ORIGIN" in request.META or request.method == "OPTIONS":
            return super().__call__(request)
        response: Any = self.get_response(request)
        if request.path_info.startswith("/api/"):
            patch_vary_headers(response, ("origin",))
        return response
