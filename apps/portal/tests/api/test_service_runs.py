"""Running a service over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.events.models import Event
from apps.executions.models import Execution
from apps.portal.models import Service
from apps.portal.tests.conftest import MakeService
from apps.robots.models import RobotVersion, Run

ClientOf = Callable[[User | None], APIClient]
MAY = {"parameters": {"periodo": "2026-02"}}


def url(service: Service, what: str = "run") -> str:
    """The path of a service's run or runs."""
    return f"/api/v1/services/{service.pk}/{what}"


def test_it_works(teammate: User, client_of: ClientOf, service: Service, version: RobotVersion) -> None:
    api = client_of(teammate)
    answer = api.post(url(service), MAY)
    assert answer.status_code == 202
    run = answer.json()
    assert run["status"] == "PENDING"
    assert run["trigger_type"] == "SERVICE"
    assert run["service"] == {"id": str(service.pk), "title": "Fechamento"}
    assert run["robot_version"] == {
        "id": str(version.pk),
        "version": "1.0.0",
        "channel": "stable",
        "artifact_sha256": "0" * 64,
    }
    assert run["parameters_json"] == {"periodo": "2026-02"}
    assert run["queue"] == {"position": 1, "eta_seconds": None}
    assert run["artifacts"] == []


def test_runs_of_a_service(
    teammate: User, viewer: User, client_of: ClientOf, service: Service, make_service: MakeService
) -> None:
    api = client_of(teammate)
    other = make_service(title="Outro")
    ids = [api.post(url(service), MAY).json()["run_id"] for _number in range(3)]
    api.post(url(other), MAY)

    answer = client_of(viewer).get(url(service, "runs") + "?limit=2").json()
    assert [run["run_id"] for run in answer["runs"]] == [ids[2], ids[1]]
    assert {name: answer["pagination"][name] for name in ("page", "total", "pages")} == {
        "page": 1,
        "total": 3,
        "pages": 2,
    }

    oldest = api.get(url(service, "runs") + "?ordering=queued_at&limit=1").json()
    assert [run["run_id"] for run in oldest["runs"]] == [ids[0]]
    assert api.get(url(service, "runs") + "?ordering=title").status_code == 422

    cursor = answer["pagination"]["next_cursor"]
    rest = client_of(viewer).get(url(service, "runs") + f"?limit=2&cursor={cursor}").json()
    assert [run["run_id"] for run in rest["runs"]] == [ids[0]]


def test_a_dry_run_writes_nothing(teammate: User, client_of: ClientOf, service: Service, version: RobotVersion) -> None:
    events = Event.objects.count()
    answer = client_of(teammate).post(url(service), MAY | {"dry_run": True})
    assert answer.status_code == 200
    assert answer.json() == {
        "service": {"id": str(service.pk), "title": "Fechamento", "revision": 1},
        "robot_id": str(service.robot_id),
        "robot_version": {
            "id": str(version.pk),
            "version": "1.0.0",
            "channel": "stable",
            "artifact_sha256": "0" * 64,
        },
        "parameters": {"periodo": "2026-02"},
        "runtime_arguments": ["--periodo=2026-02", "--inativos=false"],
        "runtime_env": {"SERVICE_DOMAIN": "dp-rh"},
        "arguments": ["--fixed", "--periodo=2026-02", "--inativos=false"],
        "environment": {"MODE": "prod", "SERVICE_DOMAIN": "dp-rh"},
        "secrets": {},
    }
    assert not Run.objects.exists()
    assert not Execution.objects.exists()
    assert Event.objects.count() == events


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    ("parameters", "detail", "errors"),
    [
        ({}, "Field 'Periodo' is required.", {"periodo": ["Field 'Periodo' is required."]}),
        (
            {"periodo": "2026-02", "b": 1, "a": 2},
            "Unknown parameters: a, b.",
            {"a": ["Unknown parameter."], "b": ["Unknown parameter."]},
        ),
        (
            {"periodo": "2026-02-01"},
            "Field 'Periodo' does not match the expected format.",
            {"periodo": ["Field 'Periodo' does not match the expected format."]},
        ),
    ],
)
def test_bad_parameters(
    dry_run: bool,
    parameters: dict[str, Any],
    detail: str,
    errors: dict[str, list[str]],
    teammate: User,
    client_of: ClientOf,
    service: Service,
) -> None:
    answer = client_of(teammate).post(url(service), {"parameters": parameters, "dry_run": dry_run})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_parameters")
    assert (answer.json()["detail"], answer.json()["errors"]) == (detail, errors)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"parameters": []},
        {"parameters": None},
        {"parameters": "periodo=2026-02"},
        {"parameters": {}, "dry_run": "perhaps"},
        {"params": {}},
        MAY | {"runtime_arguments": ["--evil"]},
        MAY | {"version_id": "x"},
    ],
)
def test_bodies_of_the_wrong_shape(body: dict[str, Any], teammate: User, client_of: ClientOf, service: Service) -> None:
    assert client_of(teammate).post(url(service), body).status_code == 422
    assert not Run.objects.exists()


def test_a_disabled_service(teammate: User, owner: User, client_of: ClientOf, service: Service) -> None:
    client_of(owner).patch(f"/api/v1/services/{service.pk}", {"enabled": False})
    answer = client_of(teammate).post(url(service), MAY)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "service_disabled")


def test_no_active_version(teammate: User, client_of: ClientOf, service: Service, version: RobotVersion) -> None:
    RobotVersion.objects.filter(pk=version.pk).update(is_active=False)
    answer = client_of(teammate).post(url(service), MAY)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "version_not_found")


@pytest.mark.parametrize(
    "value",
    [
        "x" * 5_000,
        ["2026-02"],
        {"a": 1},
        5,
        True,
        1e308,
        "2026-02\n",
        "\u202e2026-02",
        "{periodo}",
        "__class__",
    ],
)
def test_hostile_answers(value: object, teammate: User, client_of: ClientOf, service: Service) -> None:
    answer = client_of(teammate).post(url(service), {"parameters": {"periodo": value}})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["periodo"])
    assert not Run.objects.exists()


def test_an_answer_with_a_null_character(teammate: User, client_of: ClientOf, service: Service) -> None:
    answer = client_of(teammate).post(url(service), {"parameters": {"periodo": "a\x00b"}})
    assert answer.status_code == 422
    assert not Run.objects.exists()


def test_one_key_one_run(teammate: User, client_of: ClientOf, service: Service) -> None:
    api = client_of(teammate)
    first = api.post(url(service), MAY, headers={"Idempotency-Key": "k1"})
    again = api.post(url(service), MAY, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["run_id"] == again.json()["run_id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Run.objects.count() == 1
