from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.dispatch.models import Ticket
from apps.events.models import Event
from apps.executions.models import Execution
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.services.robots import robot_archive
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import robot_made, system, version_made
from apps.tenants.models import Organization


@pytest.fixture
def url(robot: Robot, version: RobotVersion) -> str:
    return f"/api/v1/runs/{robot.pk}/execute"


class TestPermissions(Guarded):
    method = "post"
    without = ("stranger", "viewer")


def test_it_works(client_of: Clients, teammate: User, robot: Robot, version: RobotVersion, url: str) -> None:
    body = {
        "runtime_arguments": ["--mes=2026-02", ""],
        "runtime_env": {"REGION": "sul"},
        "parameters": {"mes": "2026-02", "n": [1, 2.5, None]},
        "priority": 5,
        "timeout_seconds": 60,
    }
    answer = client_of(teammate).post(url, body)
    assert answer.status_code == 202, answer.json()
    run = answer.json()
    expected = {
        "run_id": run["id"],
        "robot_id": str(robot.pk),
        "robot_version": {
            "id": str(version.pk),
            "version": "1.0.0",
            "channel": "stable",
            "artifact_sha256": version.artifact_sha256,
        },
        "service": None,
        "parameters_json": body["parameters"],
        "status": "PENDING",
        "started_at": None,
        "finished_at": None,
        "duration_seconds": None,
        "triggered_by": teammate.email,
        "trigger_type": "MANUAL",
        "attempt": 0,
        "error_message": "",
        "host_name": "",
        "process_id": None,
        "exit_code": None,
        "progress": {"done": None, "total": None, "message": ""},
        "queue": {"position": 1, "eta_seconds": None},
        "artifacts": [],
        "priority": 5,
        "timeout_seconds": 60,
    }
    assert {name: run[name] for name in expected} == expected
    assert Ticket.objects.get(pk=run["id"]).queue == "robots.default"
    stored = Run.objects.get(pk=run["id"])
    assert (stored.arguments, stored.environment) == (["--mes=2026-02", ""], {"REGION": "sul"})
    event = Event.objects.get(name="run.queued")
    assert (event.subject_id, event.data["robot_id"]) == (run["id"], str(robot.pk))


def test_without_a_body(client_of: Clients, teammate: User, url: str) -> None:
    assert client_of(teammate).post(url).status_code == 202


def test_the_versions_values_come_first(
    client_of: Clients, teammate: User, organization: Organization, robot: Robot, url: str
) -> None:
    version_made(
        organization.schema_name,
        robot,
        version="2.0.0",
        arguments=["--a"],
        env_vars={"A": "1", "B": "1"},
        required_env_keys=["B", "C"],
    )
    answer = client_of(teammate).post(url, {"runtime_arguments": ["--b"], "runtime_env": {"B": "2", "C": "3"}})
    run = Run.objects.get(pk=answer.json()["id"])
    assert (run.arguments, run.environment) == (["--a", "--b"], {"A": "1", "B": "2", "C": "3"})


def test_another_version_than_the_active_one(
    client_of: Clients, teammate: User, organization: Organization, robot: Robot, url: str
) -> None:
    beta = version_made(organization.schema_name, robot, version="2.0.0-beta", activate=False)
    answer = client_of(teammate).post(url, {"version_id": str(beta.pk)})
    assert answer.json()["robot_version"]["version"] == "2.0.0-beta"


def test_version_of_another_robot(client_of: Clients, teammate: User, organization: Organization, url: str) -> None:
    schema = organization.schema_name
    other = version_made(schema, robot_made(schema, "Other"))
    answer = client_of(teammate).post(url, {"version_id": str(other.pk)})
    assert (answer.status_code, answer.json()["error_code"]) == (404, "version_not_found")


def test_no_active_version(client_of: Clients, teammate: User, organization: Organization) -> None:
    empty = robot_made(organization.schema_name, "Empty")
    answer = client_of(teammate).post(f"/api/v1/runs/{empty.pk}/execute")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "version_not_found")
    assert not Execution.objects.exists()


def test_missing_environment(
    client_of: Clients, teammate: User, organization: Organization, robot: Robot, url: str
) -> None:
    version_made(organization.schema_name, robot, version="2.0.0", required_env_keys=["API_URL", "API_KEY", "MES"])
    answer = client_of(teammate).post(url, {"runtime_env": {"API_KEY": "x"}})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "missing_env_keys")
    assert "API_URL, MES" in answer.json()["detail"]
    assert answer.json()["missing_env_keys"] == ["API_URL", "MES"]
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "name", ["OFICINA_RUN_ID", "PATH", "HOME", "LD_PRELOAD", "PYTHONPATH", "path", "A B", "", "=x"]
)
def test_environment_that_cannot_be_set(client_of: Clients, teammate: User, url: str, name: str) -> None:
    answer = client_of(teammate).post(url, {"runtime_env": {name: "x"}})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_env_keys")
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"runtime_arguments": "--a"},
        {"runtime_arguments": [1]},
        {"runtime_env": []},
        {"runtime_env": {"A": 1}},
        {"parameters": []},
        {"parameters": {"a": "\0"}},
        {"timeout_seconds": 0},
        {"timeout_seconds": 10**9},
        {"priority": 1000},
        {"version_id": "x"},
        {"robot": "x"},
    ],
)
def test_wrong_shape(client_of: Clients, teammate: User, url: str, body: dict[str, Any]) -> None:
    assert client_of(teammate).post(url, body).status_code == 422
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"runtime_arguments": ["x"] * 201},
        {"runtime_arguments": ["x" * 40_000]},
        {"runtime_env": {f"A{number}": "" for number in range(201)}},
        {"parameters": {"a": "x" * 300_000}},
    ],
)
def test_too_much(client_of: Clients, teammate: User, url: str, body: dict[str, Any]) -> None:
    assert client_of(teammate).post(url, body).status_code == 400
    assert not Run.objects.exists()


def test_archived_robot(client_of: Clients, teammate: User, organization: Organization, robot: Robot, url: str) -> None:
    robot_archive(actor=system(organization.schema_name), robot=robot, now=timezone.now())
    assert client_of(teammate).post(url).status_code == 404


def test_unknown_robot(client_of: Clients, teammate: User) -> None:
    assert client_of(teammate).post(f"/api/v1/runs/{uuid.uuid4()}/execute").status_code == 404


def test_seen_but_granted_elsewhere(
    client_of: Clients, teammate: User, organization: Organization, url: str, grant: Callable[..., Any]
) -> None:
    grant(teammate, "robot.run", robot_made(organization.schema_name, "Other"))
    assert client_of(teammate).post(url).status_code == 403


def test_once_for_each_idempotency_key(client_of: Clients, teammate: User, url: str) -> None:
    client = client_of(teammate)
    first, second = (client.post(url, {}, headers={"Idempotency-Key": "k"}) for _time in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    assert client.post(url, {"priority": 1}, headers={"Idempotency-Key": "k"}).status_code == 409
    assert Run.objects.count() == 1


def test_a_canary_takes_its_share(
    client_of: Clients, teammate: User, maintainer: User, organization: Organization, robot: Robot, url: str
) -> None:
    newer = version_made(organization.schema_name, robot, version="2.0.0", activate=False)
    client_of(maintainer).post(f"/api/v1/robots/{robot.pk}/versions/{newer.pk}/activate", {"percent": 50})
    client = client_of(teammate)
    chosen = [client.post(url).json() for _time in range(40)]
    canaries = [run for run in chosen if run["robot_version"]["version"] == "2.0.0"]
    assert 5 <= len(canaries) <= 35  # beyond that: once in a million
    assert all(run["is_canary"] for run in canaries)
