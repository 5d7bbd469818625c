"""The API with 2,000 organizations against the API with 10: how late answers are, and what a connection weighs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import ExitStack

import psutil

from bench.figures import Figure, Target
from bench.granian import granian
from bench.http import latencies, request_bytes
from bench.many import Many, many
from bench.rounds import in_turns
from bench.stage import Stage
from bench.statistics import percentile

MANY, FEW = 2000, 10
SECONDS = 4.0
THREADS = 4  # each with a connection of its own, which meets most organizations
TARGET = Target(1.25)
PATH = "/api/v1/runs?limit=10"
MIB = 1024 * 1024


def measure(stage: Stage) -> list[Figure]:
    with ExitStack() as undo:
        sides = [_Side(undo, stage, "many", MANY), _Side(undo, stage, "few", FEW)]
        for side in sides:
            side.everybody_once()
        values, baselines = in_turns(sides[0].late, sides[1].late)
        weights = [side.weights() for side in sides]
    p95 = Figure("many-schemas-p95", "ms", TARGET, values, baselines)
    return [p95, Figure("many-schemas-memory", "MiB", TARGET, weights[0], weights[1], "private memory of a connection")]


class _Side:
    """One database, one server, and somebody of every organization who asks."""

    def __init__(self, undo: ExitStack, stage: Stage, name: str, organizations: int) -> None:
        self.database: Many = undo.enter_context(many(stage, name, organizations))
        self.tokens: Sequence[str] = self.database.tokens()[:organizations]
        self.url = undo.enter_context(
            granian(stage, "config.wsgi:application", "/health", threads=THREADS, **self.database.environment)
        )
        self.chance = random.Random(organizations)  # noqa: S311  # the same order every time

    def requests(self) -> list[bytes]:
        """One of everybody, in an order that no cache can guess."""
        requests = [request_bytes(self.url, PATH, token=token) for token in self.tokens]
        self.chance.shuffle(requests)
        return requests

    def everybody_once(self) -> None:
        """So that no connection is new to what it is asked for."""
        asked = 0
        while asked < len(self.tokens):
            taken, _elapsed = latencies(self.url, self.requests(), seconds=SECONDS, connections=THREADS)
            asked += len(taken)

    def late(self) -> float:
        """Milliseconds, p95, of requests of all organizations at random."""
        taken, _elapsed = latencies(self.url, self.requests(), seconds=SECONDS, connections=THREADS)
        return 1000 * percentile(taken, 95)

    def weights(self) -> list[float]:
        """MiB that each of the web process's connections has of its own; pages of PostgreSQL's cache are shared."""
        with self.database.connection() as connection:
            found = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'oficina' AND pid <> pg_backend_pid()"
            )
            maps = [psutil.Process(pid).memory_maps() for (pid,) in found.fetchall()]
        return [sum(each.anonymous for each in of_one) / MIB for of_one in maps]
