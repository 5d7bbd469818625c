from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.robots import tasks
from apps.robots.models import Run
from apps.robots.services.schedules import schedule_create, schedules_fire
from apps.robots.tasks import fire_schedules
from apps.robots.tests.factories import robot_made, system, version_made
from apps.tenants.context import current_schema, tenant_context
from apps.tenants.models import Organization


def due(organization: Organization) -> None:
    """Gives an organization a robot whose schedule is due."""
    with tenant_context(organization):
        schema = organization.schema_name
        robot = robot_made(schema)
        version_made(schema, robot)
        past = timezone.now() - timedelta(minutes=2)
        schedule_create(actor=system(schema), robot=robot, values={"cron": "* * * * *"}, now=past)


def runs(organization: Organization) -> int:
    with tenant_context(organization):
        return Run.objects.count()


def test_it_works(organization: Organization, other_organization: Organization) -> None:
    for one in (organization, other_organization):
        due(one)
    fire_schedules()
    fire_schedules()
    assert (runs(organization), runs(other_organization)) == (1, 1)


def test_an_organization_that_breaks_stops_no_other(
    organization: Organization, other_organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    fire = schedules_fire
    schemas: list[str] = []

    def breaking(*, now: datetime) -> int:
        schemas.append(current_schema())
        if len(schemas) == 1:
            raise RuntimeError("broken")
        return fire(now=now)

    for one in (organization, other_organization):
        due(one)
    monkeypatch.setattr(tasks, "schedules_fire", breaking)
    fire_schedules()
    assert sorted([runs(organization), runs(other_organization)]) == [0, 1]
