"""``python -m bench.people_time FILE``: how long this process works for people of a big and of a small organization."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.rounds import ROUNDS
from bench.statistics import median
from bench.wsgi import answered

from apps.accounts.models import User  # isort: skip  # Django is set up by now
from apps.accounts.permissions import person, require  # isort: skip
from apps.robots.models import Robot  # isort: skip
from apps.tenants.context import tenant_context  # isort: skip

SAMPLES = 15
USERS = "/api/v1/users"


def asked(query: str, side: dict[str, Any]) -> Callable[[], object]:
    return lambda: answered(USERS, query, token=side["token"])


def checked(side: dict[str, Any], name: str) -> Callable[[], object]:
    """A right is asked for, by somebody who was granted it on a number of robots."""
    with tenant_context(side["schema"]):
        user = User.objects.select_related("role").get(pk=side[name]["user"])
        robot, actor = Robot.objects.get(pk=side[name]["robot"]), person(user)

    def check() -> None:
        with tenant_context(side["schema"]):
            require(actor, "robot.run", robot)

    return check


def main(file: Path) -> None:
    """Samples of everything in turns; each round's figure is the median of its samples."""
    sides: dict[str, dict[str, Any]] = json.loads(os.environ["BENCH_SIDES"])
    measured: dict[str, Callable[[], object]] = {}
    for name, side in sides.items():
        measured |= {
            f"{name}_list": asked("limit=50", side),
            f"{name}_search": asked(f"limit=50&search={side['search']}", side),
            f"{name}_check": checked(side, "few"),
        }
    measured["many_grants"] = checked(sides["big"], "many")
    for warm_up in measured.values():
        warm_up()
    rounds: dict[str, list[float]] = {name: [] for name in measured}
    for _round in range(ROUNDS):
        samples: dict[str, list[float]] = {name: [] for name in measured}
        for _sample in range(SAMPLES):
            for name, measure in measured.items():
                measure()  # untimed: nobody pays for coming from another organization than the one before
                began = time.perf_counter()
                measure()
                samples[name].append(1000 * (time.perf_counter() - began))
        for name, taken in samples.items():
            rounds[name].append(median(taken))
    with CaptureQueriesContext(connection) as captured:
        measured["many_grants"]()
    rounds["queries"] = [len(captured)]
    file.write_text(json.dumps(rounds), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
