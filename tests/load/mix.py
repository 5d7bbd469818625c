"""What people do, how often, and what they must be answered."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.load.pace import Refused, pause
from tests.load.scene import Person, Scene

TIMEOUT_SECONDS = 30.0
PAGE_LINES = 500
REMEMBERED = 50
END_SECONDS = 120.0

Action = Callable[["Mix", random.Random], Awaitable[None]]


@dataclass
class Mix:
    """Does one of its actions at a time, chosen by weight."""

    scene: Scene
    http: httpx.AsyncClient
    started: list[str] = field(default_factory=list)
    """The last runs that were started, for those who look at them."""
    free: list[Person] = field(default_factory=list)
    """Who does not refresh a token right now: a refresh token is for one use."""

    def __post_init__(self) -> None:
        self.free = list(self.scene.people)

    async def __call__(self, chance: random.Random) -> str:
        [(name, action)] = chance.choices(list(ACTIONS.items()), weights=[WEIGHTS[name] for name in ACTIONS])
        try:
            await action(self, chance)
        except httpx.HTTPError as error:
            raise Refused(f"{name}: {type(error).__name__}") from error
        return name

    def someone(self, chance: random.Random) -> Person:
        return chance.choice(self.scene.people)

    async def ask(self, chance: random.Random, method: str, path: str, *, expected: HTTPStatus, **more: Any) -> Any:
        """As a program: JSON, with somebody's token."""
        headers = {"Authorization": f"Bearer {self.someone(chance).access_token}", **more.pop("headers", {})}
        answer = await self.http.request(method, f"/api/v1/{path}", headers=headers, **more)
        if answer.status_code != expected:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.json()

    async def page(self, chance: random.Random, path: str) -> None:
        """As a browser, on the organization's own host."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.someone(chance).cookies.items())
        answer = await self.http.get(path, headers={"Host": self.scene.host, "Cookie": cookie})
        if answer.status_code != HTTPStatus.OK:
            raise Refused(f"{path}: {answer.status_code}")


async def refresh(mix: Mix, _chance: random.Random) -> None:
    if not mix.free:
        return
    person = mix.free.pop(0)
    answer = await mix.http.post("/api/v1/auth/refresh", json={"refresh_token": person.refresh_token})
    if answer.status_code != HTTPStatus.OK:
        raise Refused(f"refresh: {answer.status_code} {answer.text[:200]}")
    tokens = answer.json()
    person.access_token, person.refresh_token = tokens["access_token"], tokens["refresh_token"]
    mix.free.append(person)


async def catalogue(mix: Mix, chance: random.Random) -> None:
    await mix.ask(chance, "GET", chance.choice(("domains", "services?limit=50")), expected=HTTPStatus.OK)


async def runs(mix: Mix, chance: random.Random) -> None:
    await mix.ask(chance, "GET", "runs?limit=20", expected=HTTPStatus.OK)


async def one_run(mix: Mix, chance: random.Random) -> None:
    run = chance.choice(mix.started) if mix.started else mix.scene.long_run
    await mix.ask(chance, "GET", f"runs/{run}", expected=HTTPStatus.OK)


async def log_page(mix: Mix, chance: random.Random) -> None:
    after = chance.randrange(0, 4500)
    path = f"runs/{mix.scene.long_run}/logs?after={after}&limit={PAGE_LINES}"
    found = await mix.ask(chance, "GET", path, expected=HTTPStatus.OK)
    if [line["seq"] for line in found["logs"]] != list(range(after + 1, after + PAGE_LINES + 1)):
        raise Refused(f"{path}: other lines")


async def start(mix: Mix, chance: random.Random) -> None:
    path, key = f"runs/{mix.scene.robot.pk}/execute", {"Idempotency-Key": str(uuid4())}
    run = await mix.ask(chance, "POST", path, expected=HTTPStatus.ACCEPTED, json={}, headers=key)
    mix.started = [*mix.started[1 - REMEMBERED :], run["id"]]


async def portal(mix: Mix, chance: random.Random) -> None:
    await mix.page(chance, chance.choice(("/portal/", "/portal/runs/")))


async def office(mix: Mix, chance: random.Random) -> None:
    await mix.page(chance, chance.choice(("/admin/", "/admin/robots/run/")))


ACTIONS: dict[str, Action] = {
    "token refreshed": refresh,
    "catalogue": catalogue,
    "list of runs": runs,
    "one run": one_run,
    "page of a log": log_page,
    "run started": start,
    "portal page": portal,
    "back-office page": office,
}
WEIGHTS = {
    "token refreshed": 5,
    "catalogue": 15,
    "list of runs": 25,
    "one run": 20,
    "page of a log": 20,
    "run started": 6,
    "portal page": 6,
    "back-office page": 3,
}


async def watch(mix: Mix, seen: list[str], errors: list[str]) -> None:
    """A viewer: one run after the other, live, from its first line to its end; until it is cancelled."""
    last = ""
    while True:
        run = mix.started[-1] if mix.started else ""
        if run in {"", last}:
            await pause(0.1)
            continue
        last = run
        try:
            seen.append(await asyncio.wait_for(_watched(mix, run), END_SECONDS))
        except (OSError, WebSocketException, TimeoutError, Refused) as error:
            errors.append(f"viewer: {type(error).__name__} {error}")


async def _watched(mix: Mix, run: str) -> str:
    token = mix.scene.people[0].access_token
    address = f"ws://127.0.0.1:{mix.scene.sockets.port}/api/v1/ws/runs/{run}/logs?token={token}"
    seqs: list[int] = []
    async with connect(address) as socket:
        async for message in socket:
            frame = json.loads(message)
            seqs += [line["seq"] for line in frame.get("lines", [])]
            if frame["type"] == "end":
                if frame["status"] != "SUCCESS" or seqs != list(range(1, frame["last_seq"] + 1)):
                    raise Refused(f"{run} ended as {frame['status']} after {len(seqs)} lines")
                return run
    raise Refused(f"{run}: no end was told")
