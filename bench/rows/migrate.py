"""A deployment that changes nothing, with a thousand organizations: the whole command, from start to exit."""

from __future__ import annotations

import time

from bench.figures import Figure, Target
from bench.many import Many, many
from bench.rounds import ROUNDS
from bench.stage import Stage

ORGANIZATIONS = 1000
TARGET = Target(2, unit="s")


def measure(stage: Stage) -> list[Figure]:
    with many(stage, "many", ORGANIZATIONS) as database:
        values = [_seconds(database) for _round in range(ROUNDS)]
        note = f"{database.count():,} organizations"
    return [Figure("migrate", "s", TARGET, values, note=note)]


def _seconds(database: Many) -> float:
    began = time.perf_counter()
    database.manage("migrate_organizations")
    return time.perf_counter() - began
