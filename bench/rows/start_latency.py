"""How soon the process of an accepted run exists, against how soon a plain Celery task starts."""

from __future__ import annotations

import time

from apps.robots.models import Robot
from apps.tenants.context import tenant_context
from bench.figures import Figure, Target
from bench.plain.worker import plain_celery
from bench.rounds import ROUNDS
from bench.rows.robot_runs import TRIVIAL
from bench.stage import Stage
from bench.statistics import median

SAMPLES = 20
TARGET = Target(2)


def measure(stage: Stage) -> list[Figure]:
    robot = stage.robot(TRIVIAL)
    values: list[float] = []
    baselines: list[float] = []
    with stage.worker(), plain_celery(stage) as plain:
        _latency(stage, robot)  # unpacks the package, starts the guardian
        for _round in range(ROUNDS):
            ours: list[float] = []
            theirs: list[float] = []
            for _sample in range(SAMPLES):
                ours.append(_latency(stage, robot))
                theirs.append(plain.latency())
            values.append(median(ours))
            baselines.append(median(theirs))
    return [Figure("start-latency", "ms", TARGET, values, baselines)]


def _latency(stage: Stage, robot: Robot) -> float:
    """Milliseconds from the acceptance, which has committed, to the existence of the robot's process."""
    with tenant_context(stage.organization):
        run = stage.start(robot)
    accepted_at = time.time()
    started_at = stage.finish(run).process_started_at
    if started_at is None:
        raise RuntimeError("a run without a process")
    return 1000 * (started_at.timestamp() - accepted_at)
