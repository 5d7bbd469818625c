from __future__ import annotations

import uuid

import pytest

from apps.accounts.models import User
from apps.executions.models import Status
from apps.robots.models import Run
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import artifact_made, run_ended


@pytest.fixture
def url(run: Run) -> str:
    return f"/api/v1/runs/{run.pk}"


class TestPermissions(Guarded):
    sees = "run.read"


def test_it_works(client_of: Clients, viewer: User, run: Run, url: str) -> None:
    run_ended(
        run,
        Status.FAILED,
        seconds=2.5,
        error_message="Process returned exit code 3",
        exit_code=3,
        worker="celery@vm-1/77",
    )
    artifact = artifact_made(run, b"1;2\n")
    body = client_of(viewer).get(url).json()
    assert (body["status"], body["exit_code"]) == ("FAILED", 3)
    assert body["error_message"] == "Process returned exit code 3"
    assert body["duration_seconds"] == 2.5
    assert body["host_name"] == "vm-1"
    assert body["queue"] is None
    assert body["artifacts"][0]["name"] == "report.csv"
    assert body["artifacts"][0]["download_url"] == f"{url}/artifacts/{artifact.pk}/download"


def test_entity_tag_changes_with_the_execution(client_of: Clients, viewer: User, run: Run, url: str) -> None:
    client = client_of(viewer)
    tag = client.get(url)["ETag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    run_ended(run)
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("run_id", [uuid.uuid4(), "nonsense"])
def test_unknown(client_of: Clients, viewer: User, run_id: object) -> None:
    assert client_of(viewer).get(f"/api/v1/runs/{run_id}").status_code == 404
