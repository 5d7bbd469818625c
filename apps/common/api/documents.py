"""The OpenAPI document and the pages that show it, whole and by area."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from apps.common.api.areas import AREAS, Area
from apps.common.api.renderers import JSONRenderer, to_json


class AreaGenerator(SchemaGenerator):
    """Keeps the paths of one area."""

    area: Area | None = None

    def parse(self, input_request: Any, public: bool) -> Any:
        paths = super().parse(input_request, public)  # type: ignore[no-untyped-call]
        return {path: entry for path, entry in paths.items() if self.area is None or self.area.covers(path)}


@lru_cache(maxsize=32)
def _document(slug: str, urlconf: str) -> bytes:
    """Made once in a process: the routes do not change while it runs, and making it takes a second."""
    generator = AreaGenerator(urlconf=urlconf)  # type: ignore[no-untyped-call]
    generator.area = next((area for area in AREAS if area.slug == slug), None)
    with translation.override("en"):
        return to_json(generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


@require_safe
def document(_request: HttpRequest, area: str = "") -> HttpResponse:
    """The document of the whole API, or of one area."""
    return HttpResponse(_document(area, settings.ROOT_URLCONF), content_type=JSONRenderer.media_type)


class _Page(APIView):
    """The pages are public and cost no rate."""

    authentication_classes: Any = ()
    permission_classes: Any = (AllowAny,)
    throttle_classes: Any = ()
    content_negotiation_class = DefaultContentNegotiation


class SwaggerView(_Page, SpectacularSwaggerSplitView):
    """Swagger UI; its script is an address of its own, so that the page needs no script in it."""

    url_name = "openapi"
    title = "API · Oficina"


class RedocView(_Page, SpectacularRedocView):
    """ReDoc."""

    url_name = "openapi"
    title = "API · Oficina"
