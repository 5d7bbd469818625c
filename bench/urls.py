"""The product's routes, and two that do nothing."""

from __future__ import annotations

from django.urls import path
from rest_framework.response import Response

from apps.common.api import ApiRequest, ApiViewSet, Right, operation
from config.urls_platform import handler400, handler403, handler404, handler500
from config.urls_platform import urlpatterns as product_urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
EMPTY, OPEN = "/api/v1/bench/empty", "/api/v1/bench/open"


class EmptyViewSet(ApiViewSet):
    """An operation with everything that stands before one, and nothing in it."""

    @operation(summary="Nothing", right=Right.AUTHENTICATED)
    def show(self, request: ApiRequest) -> Response:
        return Response({})

    @operation(summary="Nothing, for anybody", right=Right.PUBLIC)
    def show_anybody(self, request: ApiRequest) -> Response:
        return Response({})


urlpatterns = [
    *product_urlpatterns,
    path(EMPTY[1:], EmptyViewSet.as_view({"get": "show"})),
    path(OPEN[1:], EmptyViewSet.as_view({"get": "show_anybody"})),
]
