"""What a run would be given, without one."""

from __future__ import annotations

from typing import Any

import pytest

from apps.common.errors import BadRequest, PermissionDenied
from apps.executions.models import Execution
from apps.robots.errors import InvalidEnvironment, MissingEnvironment, VersionNotFound
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.services.runs import run_plan
from apps.robots.tests.factories import robot_made, system, version_made
from apps.tenants.models import Organization


def test_it_works(organization: Organization, robot: Robot) -> None:
    schema = organization.schema_name
    version = version_made(schema, robot, arguments=["--a"], env_vars={"A": "1"}, required_env_keys=["A", "B"])
    plan = run_plan(actor=system(schema), robot=robot, runtime_arguments=["--b"], runtime_env={"B": "2"})
    assert (plan.version, plan.is_canary) == (version, False)
    assert (plan.arguments, plan.environment, plan.parameters) == (["--a", "--b"], {"A": "1", "B": "2"}, {})
    assert not Run.objects.exists()
    assert not Execution.objects.exists()


def test_missing_environment(organization: Organization, robot: Robot) -> None:
    version_made(organization.schema_name, robot, required_env_keys=["B", "A"])
    with pytest.raises(MissingEnvironment, match="B, A"):
        run_plan(actor=system(organization.schema_name), robot=robot)


def test_version_of_another_robot(organization: Organization, version: RobotVersion) -> None:
    other = robot_made(organization.schema_name, "Other")
    with pytest.raises(VersionNotFound):
        run_plan(actor=system(organization.schema_name), robot=other, version=version)


def test_without_the_right(organization: Organization, robot: Robot, version: RobotVersion) -> None:
    nobody = system(organization.schema_name).__class__(type="user", id="x", label="x", schema=organization.schema_name)
    with pytest.raises(PermissionDenied):
        run_plan(actor=nobody, robot=robot)


@pytest.mark.parametrize("parameters", [{"a": "\0"}, {"a": {1, 2}}, {"a": "x" * 300_000}])
def test_parameters_that_cannot_be_kept(
    organization: Organization, robot: Robot, version: RobotVersion, parameters: dict[str, object]
) -> None:
    with pytest.raises(BadRequest):
        run_plan(actor=system(organization.schema_name), robot=robot, parameters=parameters)


@pytest.mark.parametrize(
    "inputs",
    [
        {"runtime_arguments": ["x" * 30_000] * 9},
        {"runtime_env": {f"K{number}": "x" * 30_000 for number in range(9)}},
    ],
)
def test_inputs_too_long_together(
    organization: Organization, robot: Robot, version: RobotVersion, inputs: dict[str, Any]
) -> None:
    with pytest.raises(BadRequest, match="together"):
        run_plan(actor=system(organization.schema_name), robot=robot, **inputs)


def test_options_of_a_suite_cannot_come_by_the_environment(
    organization: Organization, robot: Robot, version: RobotVersion
) -> None:
    """Robot Framework reads them there, and a listener among them is code of the caller's own."""
    with pytest.raises(InvalidEnvironment, match="ROBOT_OPTIONS"):
        run_plan(actor=system(organization.schema_name), robot=robot, runtime_env={"ROBOT_OPTIONS": "--listener x"})
