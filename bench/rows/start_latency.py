"""How soon the process of an accepted run exists, against how soon a plain Celery task starts."""

from __future__ import annotations

import time
from datetime import datetime

from apps.executions.selectors import log_lines
from apps.robots.models import Robot
from apps.tenants.context import tenant_context
from bench.figures import Figure, Target
from bench.plain.worker import plain_celery
from bench.rounds import ROUNDS
from bench.rows.robot_runs import TRIVIAL
from bench.stage import Stage
from bench.statistics import median

SAMPLES = 20
ASIDE_SECONDS = 0.03
"""How long nothing is asked of the servers: to ask whether it has started would slow the start, on two cores."""
TARGET = Target(2)


def measure(stage: Stage) -> list[Figure]:
    robot = stage.robot(TRIVIAL)
    values: list[float] = []
    baselines: list[float] = []
    spoke: list[float] = []
    with stage.worker(), plain_celery(stage) as plain:
        _latency(stage, robot)  # unpacks the package, starts the guardian
        for _round in range(ROUNDS):
            ours: list[tuple[float, float]] = []
            theirs: list[float] = []
            for _sample in range(SAMPLES):
                ours.append(_latency(stage, robot))
                theirs.append(plain.latency())
            values.append(median([started for started, _spoke in ours]))
            spoke += [spoke for _started, spoke in ours]
            baselines.append(median(theirs))
    note = f"its first line came after {median(spoke):.1f} ms, start of the interpreter included"
    return [Figure("start-latency", "ms", TARGET, values, baselines, note)]


def _latency(stage: Stage, robot: Robot) -> tuple[float, float]:
    """Milliseconds from the acceptance, which has committed, until the run has a process, and until it speaks."""
    with tenant_context(stage.organization):
        run = stage.start(robot)
    accepted_at = time.time()
    time.sleep(ASIDE_SECONDS)
    execution = stage.finish(run)
    if execution.process_started_at is None:
        raise RuntimeError("a run without a process")
    with tenant_context(stage.organization):
        [line] = log_lines(execution=execution)
    moments = (execution.process_started_at, datetime.fromisoformat(line.timestamp))
    started, spoke = (1000 * (moment.timestamp() - accepted_at) for moment in moments)
    return started, spoke
