"""The OpenAPI document and the pages that show it, whole and by area."""

from __future__ import annotations

from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from apps.common.api.areas import AREAS

BASE = "/api/v1"


class AreaGenerator(SchemaGenerator):
    """Keeps the paths of one area when the view names one."""

    prefixes: tuple[str, ...] = ()

    def parse(self, input_request: Any, public: bool) -> Any:
        paths = super().parse(input_request, public)  # type: ignore[no-untyped-call]
        if not self.prefixes:
            return paths
        wanted = tuple(BASE + prefix for prefix in self.prefixes)
        return {path: entry for path, entry in paths.items() if path.startswith(wanted)}


class _Open(APIView):
    """The documents are public and cost no rate."""

    authentication_classes: Any = ()
    permission_classes: Any = (AllowAny,)
    throttle_classes: Any = ()


class DocumentView(_Open, SpectacularJSONAPIView):
    generator_class = AreaGenerator


class SwaggerView(_Open, SpectacularSwaggerSplitView):
    url_name = "openapi"


class RedocView(_Open, SpectacularRedocView):
    url_name = "openapi"


def area_generator(slug: str) -> type[AreaGenerator]:
    """The generator of one area's document."""
    prefixes = next(area.prefixes for area in AREAS if area.slug == slug)
    return type(f"{slug.title()}Generator", (AreaGenerator,), {"prefixes": prefixes})
