"""Routes of the catalogue."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.portal.api.domains import DomainViewSet
from apps.portal.api.runs import ServiceRunViewSet
from apps.portal.api.services import ServiceViewSet

urlpatterns: list[URLPattern] = [
    path("domains", DomainViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "domains/<uuid:domain_id>",
        DomainViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("domains/<str:slug>/services", DomainViewSet.as_view({"get": "services"})),
    path("services", ServiceViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "services/<uuid:service_id>",
        ServiceViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("services/<uuid:service_id>/form", ServiceViewSet.as_view({"get": "form"})),
    path("services/<uuid:service_id>/scorecard", ServiceViewSet.as_view({"get": "scorecard"})),
    path("services/<uuid:service_id>/run", ServiceRunViewSet.as_view({"post": "create"})),
    path("services/<uuid:service_id>/runs", ServiceRunViewSet.as_view({"get": "list"})),
]
