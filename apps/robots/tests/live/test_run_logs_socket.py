from __future__ import annotations

import contextlib
import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from apps.accounts.models import Role, Session
from apps.accounts.services.grants import grant_add
from apps.common.testing import eventually
from apps.executions import wakeups
from apps.executions.models import LogChunk, Status
from apps.robots.live.viewer import VIEWERS
from apps.robots.tests.factories import robot_made, system
from apps.robots.tests.live.stage import Stage, frames_of, lines_of
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.services.organizations import organization_create
from conftest import bearer, make_user


def received(connection: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(connection.recv(timeout=5))
    return frame


def closed_with(connection: ClientConnection) -> int | None:
    """The close code of a socket, once everything that was sent before has been read."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            connection.recv(timeout=10)
    return connection.close_code


def test_it_works(stage: Stage) -> None:
    run = str(stage.run.pk)
    nothing = {"done": None, "total": None, "message": ""}
    with stage.watch() as connection:
        queue = {"position": 1, "eta_seconds": None}
        assert received(connection) == {
            "type": "status",
            "run_id": run,
            "status": "PENDING",
            "progress": nothing,
            "queue": queue,
        }
        stage.begin()
        assert received(connection) == {
            "type": "status",
            "run_id": run,
            "status": "RUNNING",
            "progress": nothing,
            "queue": None,
        }
        stage.say("first", "second ç \x1b[31mred")
        frame = received(connection)
        assert (frame["type"], frame["run_id"]) == ("logs", run)
        assert frame["lines"] == stage.stored()
        stage.progress(1, 2)
        assert received(connection)["progress"] == {"done": 1, "total": 2, "message": ""}
        stage.end(Status.FAILED, 3)
        assert received(connection)["status"] == "FAILED"
        assert received(connection) == {
            "type": "end",
            "run_id": run,
            "status": "FAILED",
            "last_seq": 2,
            "exit_code": 3,
        }
        assert closed_with(connection) == 1000


def test_a_run_that_is_over(stage: Stage) -> None:
    stage.begin()
    stage.say("one", "two")
    stage.say("three")
    stage.end()
    with stage.watch() as connection:
        frames = list(frames_of(connection))
    assert [frame["type"] for frame in frames] == ["logs", "logs", "status", "end"]
    assert lines_of(frames) == stage.stored()


def test_it_resumes(stage: Stage) -> None:
    stage.begin()
    stage.say("1", "2", "3")
    stage.say("4")
    stage.end()
    for after, expected in ((0, [1, 2, 3, 4]), (1, [2, 3, 4]), (3, [4]), (4, []), (99, [])):
        with stage.watch(after=after) as connection:
            frames = list(frames_of(connection))
        assert [line["seq"] for line in lines_of(frames)] == expected
        assert frames[-1]["type"] == "end"


def test_what_storage_cut_out(stage: Stage) -> None:
    stage.begin()
    with stage.watch() as connection:
        stage.say("1", "2")
        stage.cut(10)
        stage.say("13")
        stage.end()
        frames = [frame for frame in frames_of(connection) if frame["type"] != "status"]
    assert frames[1] == {
        "type": "gap",
        "run_id": str(stage.run.pk),
        "from": 3,
        "to": 12,
        "reason": "log too long",
    }
    assert [line["seq"] for line in lines_of(frames)] == [1, 2, 13]
    with stage.watch(after=5) as connection:
        assert next(frame for frame in frames_of(connection) if frame["type"] == "gap")["from"] == 6


def test_what_storage_no_longer_has(stage: Stage) -> None:
    stage.begin()
    for number in range(3):
        stage.say(f"{number}")
    stage.end()
    with tenant_context(stage.organization):
        LogChunk.objects.filter(first_seq__in=[1, 3]).delete()
    with stage.watch() as connection:
        frames = [frame for frame in frames_of(connection) if frame["type"] != "status"]
    assert [(frame["type"], frame.get("from"), frame.get("to")) for frame in frames] == [
        ("gap", 1, 1),
        ("logs", None, None),
        ("gap", 3, 3),
        ("end", None, None),
    ]


def test_lost_wake_ups_lose_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    send, chance = wakeups._waker.send, random.Random(1)
    monkeypatch.setattr(
        wakeups._waker, "send", lambda group, message: send(group, message) if chance.random() < 0.5 else None
    )
    stage.begin()
    with stage.watch() as connection, ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: list(frames_of(connection)))
        for number in range(60):
            stage.say(*(f"{number}.{part}" for part in range(number % 4 + 1)))
        stage.end()
        frames = reading.result(timeout=20)
    assert lines_of(frames) == stage.stored()


def test_many_viewers_at_once(stage: Stage) -> None:
    """All of them come to the end, however many leave at the same moment."""
    stage.begin()
    for start in range(0, 2_000, 200):
        stage.say(*(f"line {number}" for number in range(start, start + 200)))
    stage.end()

    def watch(_number: int) -> tuple[int, int | None]:
        with stage.watch() as connection:
            lines = 0
            with contextlib.suppress(ConnectionClosed):
                while True:
                    lines += len(lines_of([received(connection)]))
            return lines, connection.close_code

    with ThreadPoolExecutor(16) as pool:
        for _time in range(3):
            assert set(pool.map(watch, range(16))) == {(2_000, 1000)}


def test_large_lines_come_in_several_frames(stage: Stage) -> None:
    stage.begin()
    stage.say(*("é" * 8_000 for _line in range(40)))
    stage.end()
    with stage.watch() as connection:
        messages = list(connection)
    assert all(len(message) < 200_000 for message in messages)
    assert lines_of([json.loads(message) for message in messages]) == stage.stored()


def test_ping(stage: Stage) -> None:
    with stage.watch() as connection:
        received(connection)
        for nonsense in ("{", "[]", "null", '"ping"', b"\xff", '{"type": 1}', '{"type": ["ping"]}'):
            connection.send(nonsense)
        connection.send('{"type": "ping"}')
        assert received(connection) == {"type": "pong"}


def test_a_ping_before_anything_else(stage: Stage) -> None:
    with stage.watch() as connection:
        connection.send('{"type": "ping"}')
        assert {received(connection)["type"], received(connection)["type"]} == {"status", "pong"}
    with stage.watch(token="nonsense") as connection:
        with contextlib.suppress(ConnectionClosed):  # it may have been closed before
            connection.send('{"type": "ping"}')
        assert closed_with(connection) == 4401


def test_no_or_bad_credentials(stage: Stage) -> None:
    for token in (None, "", "nonsense", stage.token[:-3] + "abc"):
        with stage.watch(token=token) as connection:
            assert closed_with(connection) == 4401


def test_without_the_right(stage: Stage) -> None:
    with tenant_context(stage.organization):
        Role.objects.filter(slug="viewer").update(actions=[])
    with stage.watch() as connection:
        assert closed_with(connection) == 4403


def test_grants_on_other_robots_narrow(stage: Stage) -> None:
    with stage.watch() as connection:
        received(connection)
        with tenant_context(stage.organization):
            other = robot_made(stage.organization.schema_name, "Another")
            actor = system(stage.organization.schema_name)
            grant_add(actor=actor, action="run.read", holder=stage.viewer, resource=other, now=timezone.now())
        assert closed_with(connection) == 4404
    with stage.watch() as connection:
        assert closed_with(connection) == 4404


def test_a_grant_widens(stage: Stage) -> None:
    with tenant_context(stage.organization):
        Role.objects.filter(slug="viewer").update(actions=[])
        actor = system(stage.organization.schema_name)
        grant_add(actor=actor, action="run.read", holder=stage.viewer, resource=stage.run.robot, now=timezone.now())
    with stage.watch() as connection:
        assert received(connection)["status"] == "PENDING"


def test_no_such_run(stage: Stage) -> None:
    for run in ("0198c0de-0000-7000-8000-000000000000", "nonsense", "1"):
        with stage.watch(run=run) as connection:
            assert closed_with(connection) == 4404


def test_a_run_of_another_organization(stage: Stage, live_organization: Organization) -> None:
    rival = organization_create(name="Other")
    with tenant_context(rival):
        foreigner = make_user("f@other.example", "org_admin")
    with stage.watch(token=bearer(foreigner, rival)) as connection:
        assert closed_with(connection) == 4404


def test_no_such_socket(stage: Stage) -> None:
    with connect(f"ws://{stage.address}/api/v1/ws/nothing", close_timeout=2) as connection:
        assert closed_with(connection) == 4404


def test_after_that_is_no_number(stage: Stage) -> None:
    for after in ("-1", "x", "9" * 30, "1.5"):
        with stage.watch(after=after) as connection:
            assert closed_with(connection) == 4422


def test_a_session_that_ends(stage: Stage) -> None:
    with stage.watch() as connection:
        received(connection)
        with tenant_context(stage.organization):
            Session.objects.filter(user=stage.viewer).update(revoked_at=timezone.now())
        assert closed_with(connection) == 4401


def test_a_right_that_ends(stage: Stage) -> None:
    with stage.watch() as connection:
        received(connection)
        with tenant_context(stage.organization):
            Role.objects.filter(slug="viewer").update(actions=[])
        assert closed_with(connection) == 4403


def test_a_viewer_who_leaves_is_forgotten(stage: Stage) -> None:
    def watching() -> float:
        return float(VIEWERS._value.get())

    eventually(lambda: watching() == 0)
    with stage.watch() as connection:
        received(connection)
        assert watching() == 1
    eventually(lambda: watching() == 0)


def test_no_token_reaches_a_log(stage: Stage, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    caplog.set_level("DEBUG")
    caplog.set_level("INFO", logger="uvicorn.error")
    with stage.watch() as connection:
        received(connection)
    with stage.watch(token="nonsense-token") as connection:
        closed_with(connection)
    captured = capfd.readouterr()
    for text in (caplog.text, captured.out, captured.err):
        assert stage.token not in text
        assert "nonsense-token" not in text


@pytest.mark.parametrize("token", [None, "nonsense", ""])
def test_nobody_sends_long_messages(stage: Stage, token: str | None) -> None:
    with stage.watch(**({} if token is None else {"token": token})) as connection:
        with contextlib.suppress(ConnectionClosed):
            connection.send("x" * 2**20)
        assert closed_with(connection) in ({1009} if token is None else {1009, 4401})


def test_one_person_holds_so_many_seats(stage: Stage, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"viewers_per_person": 2})
    with stage.watch() as one:
        with stage.watch() as another:
            for connection in (one, another):
                received(connection)
            with stage.watch() as refused:
                assert closed_with(refused) == 4429
        eventually(lambda: _is_let_in(stage))


def _is_let_in(stage: Stage) -> bool:
    with stage.watch() as connection, contextlib.suppress(ConnectionClosed):
        return bool(received(connection)["type"] == "status")
    return False
