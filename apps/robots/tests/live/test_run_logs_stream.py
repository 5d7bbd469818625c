from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from apps.accounts.models import Role
from apps.common.testing import eventually
from apps.robots.live.viewer import VIEWERS
from apps.robots.tests.live.stage import Stage, lines_of
from apps.tenants.context import tenant_context

Event = tuple[str, dict[str, Any]]


def events_of(text: str) -> list[Event]:
    """Id and data of each event; comments and the hint when to come back left out."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((fields.get("id", ""), json.loads(fields["data"])))
    return found


def frames_of(answer: httpx.Response) -> list[dict[str, Any]]:
    return [data for _id, data in events_of(answer.text)]


@pytest.fixture
def over(stage: Stage) -> Stage:
    """The run is over and has said four lines."""
    stage.begin()
    stage.say("1", "2", "3")
    stage.say("4")
    stage.end()
    return stage


def test_it_works(over: Stage) -> None:
    with over.stream() as client:
        answer = client.get("/logs/stream/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert "no-store" in answer.headers["Cache-Control"]
    frames = frames_of(answer)
    assert lines_of(frames) == over.stored()
    assert frames[-1]["type"] == "end"
    assert [event_id for event_id, _data in events_of(answer.text) if event_id] == ["3", "4", "4.end"]


def test_live(stage: Stage) -> None:
    with stage.stream() as client, ThreadPoolExecutor(1) as pool, client.stream("GET", "/logs/stream") as answer:
        text = pool.submit(lambda: "".join(answer.iter_text()))
        stage.begin()
        stage.say("first")
        stage.progress(1, 2)
        stage.say("second")
        stage.end()
        frames = [data for _id, data in events_of(text.result(timeout=10))]
    assert lines_of(frames) == stage.stored()
    assert frames[-1]["status"] == "SUCCESS"


RESUMING: list[tuple[dict[str, str], str, list[int]]] = [
    ({"Last-Event-ID": "2"}, "", [3, 4]),
    ({}, "?after=3", [4]),
    ({"Last-Event-ID": "3"}, "?after=0", [4]),
    ({"Last-Event-ID": "4"}, "", []),
]


def test_it_resumes(over: Stage) -> None:
    for headers, query, expected in RESUMING:
        with over.stream(**headers) as client:
            frames = frames_of(client.get(f"/logs/stream{query}"))
        assert [line["seq"] for line in lines_of(frames)] == expected
        assert frames[-1]["type"] == "end"


def test_whoever_heard_the_end_is_told_to_stay_away(over: Stage) -> None:
    with over.stream(**{"Last-Event-ID": "4.end"}) as client:
        assert client.get("/logs/stream").status_code == 204


def test_no_or_bad_credentials(stage: Stage) -> None:
    for header in ("Bearer nonsense", "Basic x", ""):
        with stage.stream(Authorization=header) as client:
            answer = client.get("/logs/stream")
        assert answer.status_code == 401
        assert answer.json()["status_code"] == 401
        assert "error_code" in answer.json()


def test_one_person_holds_so_many_seats(stage: Stage, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"viewers_per_person": 1})
    with stage.stream() as client, client.stream("GET", "/logs/stream") as held:
        pieces = held.iter_bytes()
        next(pieces)
        answer = client.get("/logs/stream")
    assert (answer.status_code, answer.json()["error_code"]) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) >= 1


def test_without_the_right(stage: Stage) -> None:
    with tenant_context(stage.organization):
        Role.objects.filter(slug="viewer").update(actions=[])
    with stage.stream() as client:
        assert client.get("/logs/stream").status_code == 403


def test_no_such_run(stage: Stage) -> None:
    with stage.stream() as client:
        for run in ("0198c0de-0000-7000-8000-000000000000", "nonsense"):
            answer = client.get(f"http://{stage.address}/api/v1/runs/{run}/logs/stream")
            assert (answer.status_code, answer.json()["error_code"]) == (404, "run_not_found")


def test_after_that_is_no_number(stage: Stage) -> None:
    with stage.stream() as client:
        for after in ("-1", "x", "1.5"):
            assert client.get("/logs/stream", params={"after": after}).status_code == 422


def test_a_viewer_who_leaves_is_forgotten(stage: Stage) -> None:
    def watching() -> float:
        return float(VIEWERS._value.get())

    eventually(lambda: watching() == 0)
    with stage.stream() as client, client.stream("GET", "/logs/stream") as answer:
        text = answer.iter_text()
        next(text)
        eventually(lambda: watching() == 1)
    eventually(lambda: watching() == 0)
