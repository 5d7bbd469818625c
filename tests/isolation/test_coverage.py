"""What is not tried is told: a route, a task or a model without a case fails the proof."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import path
from django.utils import timezone

from apps.common.api import ApiRequest, ApiViewSet, operation
from apps.isolation import coverage
from apps.isolation.cases.api import api_subjects
from apps.isolation.secrecy import Secrets
from apps.isolation.side import Side
from apps.isolation.staging.furnishing import Furnishing
from apps.isolation.staging.stage import Stage
from apps.isolation.surface import routes
from apps.robots.models import Robot
from apps.tenants.models import Organization
from config import urls

NOTHING = Secrets("nobody", (), frozenset())


class LateViewSet(ApiViewSet):
    """A route of tomorrow, about objects that nobody furnishes yet."""

    @operation(summary="Late", right="robot.read", status=204)
    def retrieve(self, request: ApiRequest, comet_id: str) -> Any:
        raise AssertionError("nobody asks")


def _bare(**rows: Any) -> Side:
    """An organization that nobody has furnished."""
    organization = Organization(schema_name="bare", slug="bare")
    people: dict[str, Any] = dict.fromkeys(("owner", "viewer", "guest", "past"))
    return Side(
        organization,
        Furnishing(organization, timezone.now()),
        shared_rows={},
        secrets=NOTHING,
        hidden=NOTHING,
        **rows,
        **people,
    )


def test_a_new_route_without_a_specimen_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    late = path("api/v1/comets/<uuid:comet_id>", LateViewSet.as_view({"get": "retrieve"}))
    route = routes.Route(str(late.pattern), routes.BOTH, late.callback)
    monkeypatch.setattr(routes, "routes", lambda: [route])
    gaps: list[str] = []
    side, key = _bare(rows={}), "GET /api/v1/comets/<uuid:comet_id>"
    assert api_subjects(Stage(side, side), gaps) == []
    assert gaps == [f"{key}: nothing is named comet_id; let a specimen name it"]
    assert f"no case is about {key}" in coverage.gaps_of([], side, tasks=False, words={})


def test_a_model_whose_rows_tell_nothing_is_a_gap() -> None:
    for rows, told in (([], "there is no row of robots.Robot"), (["1"], "no row of robots.Robot holds the")):
        gaps = coverage.gaps_of([], _bare(rows={Robot: rows}), tasks=False, words={"robots.Robot": False})
        assert any(gap.startswith(told) for gap in gaps)


def test_everything_is_part_of_the_surface() -> None:
    keys = set(coverage.surface(tasks=True))
    assert len(urls.urlpatterns) > 1
    for key in (
        "GET /api/v1/robots",
        "DELETE /api/v1/robots/<uuid:robot_id>",
        "GET /admin/robots/robot/ (organization)",
        "GET /admin/tenants/organization/ (platform)",
        "GET /portal/runs/<uuid:run_id>/ (organization)",
        "POST /language",
        "POST /password/set",
        "PUT /api/v1/tenants/current/settings",
        "PUT /api/v1/tenants/current/oidc",
        "PUT /api/v1/retention",
        "DELETE /api/v1/tenants/<uuid:organization_id>",
        "task robots.schedules",
        "task mail.deliver",
    ):
        assert key in keys
