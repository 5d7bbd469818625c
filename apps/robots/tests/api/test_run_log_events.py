"""The stream of events where plain HTTP is served: what there is so far, and browsers come back for more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.accounts.models import User
from apps.robots.models import Run
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import logged, run_ended


@pytest.fixture
def url(run: Run) -> str:
    logged(run, *(f"line {number}" for number in range(1, 8)))
    return f"/api/v1/runs/{run.pk}/logs/stream"


class TestPermissions(Guarded):
    sees = "run.read"


def frames_of(answer: Any) -> list[dict[str, Any]]:
    text = answer.getvalue().decode()
    assert text.startswith("retry: ")
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


def test_it_works(client_of: Clients, viewer: User, run: Run, url: str) -> None:
    client = client_of(viewer)
    waiting = client.get(url)
    assert waiting["Content-Type"] == "text/event-stream; charset=utf-8"
    found = frames_of(waiting)
    assert [frame["type"] for frame in found] == ["logs", "logs", "logs", "status"]
    assert [line["seq"] for frame in found[:3] for line in frame["lines"]] == [1, 2, 3, 4, 5, 6, 7]
    run_ended(run)
    assert frames_of(client.get(url))[-1]["type"] == "end"


def test_it_resumes(client_of: Clients, viewer: User, url: str) -> None:
    client = client_of(viewer)
    for answer in (client.get(url, headers={"Last-Event-ID": "6"}), client.get(url, {"after": "6"})):
        assert [line["seq"] for frame in frames_of(answer)[:1] for line in frame["lines"]] == [7]
    assert client.get(url, headers={"Last-Event-ID": "7.end"}).status_code == 204


@pytest.mark.parametrize("after", ["-1", "x", "6.end"])
def test_after_that_is_no_number(client_of: Clients, viewer: User, url: str, after: str) -> None:
    answer = client_of(viewer).get(url, {"after": after})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["after"])
