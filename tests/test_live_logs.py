"""Live logs over real sockets: every line once, in order, none missing, whatever happens to the viewers."""

from __future__ import annotations

import json
import random
import socket
import struct
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.utils import timezone
from websockets.sync.client import ClientConnection, connect

from apps.accounts.models import User
from apps.accounts.services.users import user_create
from apps.common.actor import Actor
from apps.common.testing import eventually
from apps.robots.models import Robot
from apps.robots.services.runs import run_start
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import bearer
from tests.live import Live, Web

TALKATIVE = """
import sys, time
for number in range(int(sys.argv[1])):
    print(f"line {number} " + "x" * int(sys.argv[2]))
    if number % 1000 == 0:
        time.sleep(0.1)
"""
PACED = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as pace:
    for thousand in range(20):
        pace.recv(1)
        for number in range(1000):
            print("line", 1000 * thousand + number)
        sys.stdout.flush()
    pace.recv(1)
"""
SLOW = """
import time
for number in range(40):
    print(f"line {number}", flush=True)
    time.sleep(0.1)
"""


@dataclass
class Stage:
    """A robot, its people, and the address of the web process."""

    live: Live
    web: Web
    organization: Organization
    robot: Robot
    slow: Robot
    paced: Robot
    viewer: User
    token: str

    def start(self, *arguments: str) -> UUID:
        """A run, as the program itself asks for it."""
        with tenant_context(self.live.schema):
            actor = Actor.system("tests", schema=self.live.schema)
            return run_start(actor=actor, robot=self.robot, runtime_arguments=arguments, now=timezone.now()).pk

    def url(self, run: UUID | str, **query: object) -> str:
        base = self.web.url.replace("http", "ws", 1)
        wanted = {"token": self.token} | query
        text = "&".join(f"{name}={value}" for name, value in wanted.items() if value is not None)
        return f"{base}/api/v1/ws/runs/{run}/logs?{text}"

    def watch(self, run: UUID | str, **query: object) -> ClientConnection:
        return connect(self.url(run, **query), close_timeout=2, max_size=None)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(
            f"{self.web.url}/api/v1/{path}", headers={"Authorization": f"Bearer {self.token}"} | headers, timeout=20
        )

    def stored(self, run: UUID) -> list[dict[str, Any]]:
        """The log as storage has it, read through the API."""
        lines: list[dict[str, Any]] = []
        while True:
            part = self.get(f"runs/{run}/logs?limit=5000&after={len(lines)}").json()["logs"]
            if not part:
                return lines
            lines += part


def person(organization: Organization, role: str) -> User:
    """Somebody new of the organization."""
    with tenant_context(organization):
        email = f"{role}-{random.random()}@{organization.slug}.example"
        user_create(
            actor=Actor.system("tests", schema=organization.schema_name),
            email=email,
            name=role.title(),
            password="Correct-horse-7",
            role=role,
            now=timezone.now(),
        )
        found: User = User.objects.select_related("role").get(email=email)
        return found


def publish(web: Web, token: str, source: str) -> Robot:
    """A robot with one active version, published as a client would."""
    with httpx.Client(base_url=f"{web.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=20) as http:
        made = http.post("/robots", json={"name": f"Robot {random.random()}"}).json()
        files = {"artifact": ("main.py", source.encode())}
        answer = http.post(f"/robots/{made['id']}/versions/publish", data={"version": "1.0.0"}, files=files)
        assert answer.status_code == 201, answer.text
    return Robot.objects.get(pk=made["id"])


@pytest.fixture
def stage(live: Live) -> Stage:
    organization = Organization.objects.get(schema_name=live.schema)
    web = live.web(VIEWER_RECHECK_SECONDS="0.3", VIEWER_STALL_SECONDS="1")
    viewer, owner = person(organization, "viewer"), person(organization, "org_admin")
    with tenant_context(organization):
        robot = publish(web, bearer(owner, organization), TALKATIVE)
        slow = publish(web, bearer(owner, organization), SLOW)
        paced = publish(web, bearer(owner, organization), PACED)
    return Stage(live, web, organization, robot, slow, paced, viewer, bearer(viewer, organization))


def frames_of(connection: ClientConnection) -> Iterator[dict[str, Any]]:
    for message in connection:
        yield json.loads(message)


def lines_of(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for frame in frames if frame["type"] == "logs" for line in frame["lines"]]


def frames_until(frames: Iterator[dict[str, Any]], lines: int) -> list[dict[str, Any]]:
    """The next frames, up to the one with which so many lines have come."""
    taken: list[dict[str, Any]] = []
    while len(lines_of(taken)) < lines:
        taken.append(next(frames))
    return taken


def test_twenty_reconnects_during_twenty_thousand_lines(stage: Stage) -> None:
    """A thousand lines between one and the next, so that each falls into the midst of a run that goes on."""
    chance = random.Random(20)
    stage.live.worker()
    seen: list[dict[str, Any]] = []
    with socket.create_server(("127.0.0.1", 0)) as pacemaker:
        stage.robot = stage.paced
        run = stage.start(str(pacemaker.getsockname()[1]))
        pacemaker.settimeout(60)
        pace = pacemaker.accept()[0]
        with closing(pace):
            for thousand in range(20):
                pace.sendall(b".")
                enough = 1000 * thousand + chance.randint(1, 1000)
                with stage.watch(run, after=len(seen)) as connection:
                    frames = frames_of(connection)
                    while len(seen) < enough:
                        seen += lines_of([next(frames)])
                assert stage.get(f"runs/{run}").json()["status"] == "RUNNING"
            pace.sendall(b".")
    with stage.watch(run, after=len(seen)) as connection:
        frames = frames_of(connection)
        last = list(frames)
    assert last[-1]["type"] == "end"
    seen += lines_of(last)
    assert [line["message"] for line in seen] == [f"line {number}" for number in range(20_000)]
    assert json.dumps(seen) == json.dumps(stage.stored(run))


def test_redis_away_and_back(stage: Stage) -> None:
    """Wake-ups are lost meanwhile; lines are not, and who comes then is served too."""
    stage.robot = stage.slow
    run = stage.start()
    stage.live.worker()
    with ExitStack() as open_sockets:
        first = open_sockets.enter_context(stage.watch(run))
        frames = frames_of(first)
        seen = frames_until(frames, 10)
        stage.live.redis_stop()
        second = open_sockets.enter_context(stage.watch(run))
        seen += frames_until(frames, 10)
        stage.live.redis_start()
        seen += list(frames)
        assert lines_of(list(frames_of(second))) == lines_of(seen)
    assert lines_of(seen) == stage.stored(run)
    assert len(lines_of(seen)) == 40


def raw_viewer(stage: Stage, run: UUID) -> socket.socket:
    """A WebSocket by hand, with a small window, that has shaken hands and reads nothing."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, port = stage.web.url.removeprefix("http://").split(":")
    connection.connect((host, int(port)))
    path = stage.url(run).partition(port)[2]
    key = b64encode(b"0123456789abcdef").decode()
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    connection.settimeout(20)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    assert b" 101 " in head
    return connection


def read_to_the_close(connection: socket.socket) -> tuple[int, list[bytes]]:
    """Everything that was sent, up to the close frame: its code, and the messages before it."""

    def exactly(count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = connection.recv(count - len(data))
            assert part, "the connection ended without a close frame"
            data += part
        return data

    messages: list[bytes] = []
    while True:
        head = exactly(2)
        length = head[1]
        if length == 126:
            (length,) = struct.unpack("!H", exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", exactly(8))
        payload = exactly(length)
        if head[0] & 0x0F == 8:
            return struct.unpack("!H", payload[:2])[0], messages
        if head[0] & 0x0F == 1:
            messages.append(payload)


def cut_off(stage: Stage) -> float:
    """How many viewers the web process has given up."""
    lines = httpx.get(f"{stage.web.url}/metrics", timeout=5).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("oficina_live_viewers_cut_off_total"))


def test_a_viewer_who_does_not_read_is_cut_off_and_slows_nobody(stage: Stage) -> None:
    run = stage.start("20000", "400")  # more than the kernel's buffers hold
    with closing(raw_viewer(stage, run)) as stalled, stage.watch(run) as reading:
        stage.live.worker()
        assert len(lines_of(list(frames_of(reading)))) == 20_000
        eventually(lambda: cut_off(stage) == 1, seconds=20)
        code, messages = read_to_the_close(stalled)
    assert code == 4408
    seen = lines_of([json.loads(message) for message in messages])
    assert [line["seq"] for line in seen] == list(range(1, len(seen) + 1))
    with stage.watch(run, after=len(seen)) as resumed:
        seen += lines_of(list(frames_of(resumed)))
    assert [line["seq"] for line in seen] == list(range(1, 20_001))
