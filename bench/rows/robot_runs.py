"""Forty trivial robot runs, one after the other, against as many bare starts of an interpreter in bubblewrap."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from apps.robots.models import Robot
from apps.tenants.context import tenant_context
from bench.figures import Figure, Target
from bench.rounds import in_turns
from bench.stage import Stage

RUNS = 40
TARGET = Target(1.5)
TRIVIAL = 'print("done")\n'
# The namespaces and mounts that make a sandbox, and nothing of what makes a run.
_BARE = [
    *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session"),
    *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"),  # noqa: S108  # inside
]


def measure(stage: Stage) -> list[Figure]:
    robot = stage.robot(TRIVIAL)
    with stage.worker(slots=1):
        _runs(stage, robot, 3)  # unpacks the package, starts the guardian
        values, baselines = in_turns(lambda: _runs(stage, robot, RUNS), lambda: _bare(RUNS))
    return [Figure("robot-runs", "ms/run", TARGET, values, baselines)]


def _runs(stage: Stage, robot: Robot, number: int) -> float:
    """Milliseconds for each run, from the first one's acceptance to the last one's end with its log stored."""
    began = time.perf_counter()
    with tenant_context(stage.organization):
        runs = [stage.start(robot) for _number in range(number)]
    stage.drained()
    seconds = time.perf_counter() - began
    if any(stage.finish(run).last_seq != 1 for run in runs):
        raise RuntimeError("a run has no log")
    return 1000 * seconds / number


def _bare(number: int) -> float:
    executable = shutil.which("bwrap")
    if executable is None:
        raise RuntimeError("this row needs bubblewrap (bwrap)")
    command = [executable, *_BARE, str(Path(sys.executable).resolve()), "-I", "-S", "-c", "pass"]
    began = time.perf_counter()
    for _number in range(number):
        subprocess.run(command, check=True)
    return 1000 * (time.perf_counter() - began) / number
