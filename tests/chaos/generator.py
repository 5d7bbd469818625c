"""Clients: they start runs, ask again until they are answered, and write down what they said and heard."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
from django.db import Error, connection

from tests.chaos.history import History
from tests.chaos.organizations import Party, start_with_attempts

REQUEST_SECONDS = 5.0
PATIENCE_SECONDS = 180.0
AGAIN_SECONDS = 0.2
UNSURE = frozenset({409, 429, 500, 502, 503, 504})
"""Statuses that say nothing of the request itself: asked again with the same key."""


def parameters(chance: random.Random, *, collector: int, key: str) -> dict[str, Any]:
    """A short robot: up to thirty lines within three seconds."""
    return {
        "key": key,
        "collector": collector,
        "lines": chance.randint(1, 30),
        "pause": round(chance.uniform(0.0, 0.1), 3),
    }


class Generator:
    """Threads that start runs over HTTP, and one that starts runs with several attempts."""

    def __init__(
        self, *, parties: Sequence[Party], webs: Sequence[str], collector: int, history: History, seed: int
    ) -> None:
        self.parties, self.webs, self.collector, self.history, self.seed = parties, webs, collector, history, seed
        self._over = threading.Event()
        self._clock = threading.Event()  # never set: a wait that lasts

    @contextmanager
    def running(self, *, clients: int, pause: float) -> Iterator[None]:
        """Starts runs until the block ends, then waits until every request has its answer."""
        threads = [
            threading.Thread(target=self._client, args=(number, pause), name=f"client{number}", daemon=True)
            for number in range(clients)
        ]
        threads.append(threading.Thread(target=self._insider, args=(2 * pause,), name="insider", daemon=True))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join(PATIENCE_SECONDS)

    def _client(self, number: int, pause: float) -> None:
        chance = random.Random(f"{self.seed} client {number}")
        while not self._over.wait(chance.uniform(0, 2 * pause)):
            self._start(chance, chance.choice(self.parties))

    def _start(self, chance: random.Random, party: Party) -> None:
        key = uuid4().hex
        body = {"parameters": parameters(chance, collector=self.collector, key=key)}
        self.history.note("asked", key=key, schema=party.schema)
        deadline = time.monotonic() + PATIENCE_SECONDS
        why = ""
        while time.monotonic() < deadline:
            web = chance.choice(self.webs)
            try:
                answer = httpx.post(
                    f"{web}/api/v1/runs/{party.robot}/execute",
                    json=body,
                    headers={"Authorization": f"Bearer {party.token}", "Idempotency-Key": key},
                    timeout=REQUEST_SECONDS,
                )
            except httpx.TransportError as error:
                why = type(error).__name__
            else:
                why = f"{answer.status_code} {answer.text[:200]}"
                if answer.status_code not in UNSURE:
                    self._told(key, answer)
                    return
            self._clock.wait(AGAIN_SECONDS)
        self.history.note("gave_up", key=key, why=why)

    def _told(self, key: str, answer: httpx.Response) -> None:
        if answer.status_code == httpx.codes.ACCEPTED:
            replayed = answer.headers.get("Idempotency-Replayed") == "true"
            self.history.note("told", key=key, run=answer.json()["id"], replayed=replayed)
        else:
            self.history.note("refused", key=key, status=answer.status_code, body=answer.text[:300])

    def _insider(self, pause: float) -> None:
        """Asks once and never again: without a key nobody could tell a retry from a second run."""
        chance = random.Random(f"{self.seed} insider")
        while not self._over.wait(chance.uniform(0, 2 * pause)):
            try:
                start_with_attempts(chance.choice(self.parties), parameters(chance, collector=self.collector, key=""))
            except Error as error:
                self.history.note("away", who="insider", error=str(error).strip())
                connection.close()
        connection.close()
