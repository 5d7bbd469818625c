from __future__ import annotations

import pytest

from apps.common.ids import uuid7
from apps.robots.models import RobotVersion, Run
from apps.robots.selectors.executed import run_with_version
from apps.robots.tests.factories import robot_made, run_made, version_made
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.origin import CrossTenantError, schema_of


@pytest.fixture
def run(organization: Organization) -> Run:
    robot = robot_made(organization.schema_name)
    version_made(organization.schema_name, robot)
    return run_made(
        organization.schema_name,
        robot,
        runtime_arguments=["--day", "1"],
        runtime_env={"KIND": "é"},
        parameters={"deep": [1, {"a": None}]},
    )


def test_it_says_what_the_models_say(run: Run) -> None:
    found = run_with_version(run.pk)
    asked = Run.objects.select_related("version").get(pk=run.pk)
    assert found is not None
    for model, ours, theirs in ((Run, found, asked), (RobotVersion, found.version, asked.version)):
        for field in model._meta.concrete_fields:
            assert getattr(ours, field.attname) == getattr(theirs, field.attname), field.name
    assert found.parameters == {"deep": [1, {"a": None}]}
    assert not found._state.adding


def test_none_when_it_is_gone(organization: Organization) -> None:
    assert run_with_version(uuid7()) is None


def test_it_belongs_to_its_organization(run: Run, other_organization: Organization) -> None:
    found = run_with_version(run.pk)
    assert found is not None
    assert schema_of(found) == schema_of(found.version) == schema_of(run)
    with tenant_context(other_organization), pytest.raises(CrossTenantError):
        found.save()
