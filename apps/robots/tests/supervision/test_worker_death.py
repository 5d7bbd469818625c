"""A worker that is killed takes its robots with it, at every moment of their lives."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from apps.common.testing import eventually

Start = Callable[[str, str], subprocess.Popen[str]]
ROOT = Path(__file__).resolve().parents[4]
WORKER = """
import sys, threading
from pathlib import Path
sys.path.insert(0, {root!r})
from apps.robots.sandbox.policy import SandboxMode
from apps.robots.tests.running import runner, Runner
from dataclasses import replace

mode = SandboxMode(sys.argv[1]); state = Path(sys.argv[2]); mark = sys.argv[3]; source = sys.argv[4]
base = runner(state, mode)

def work(number):
    while True:
        one = Runner(replace(base.policy, state=state / str(number)))
        one.run(source, mark)

for number in range(3):
    threading.Thread(target=work, args=(number,), daemon=True).start()
print("ready", flush=True)
threading.Event().wait(120)
"""
LONG = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", sys.argv[1]])
    os._exit(0)
time.sleep(60)
"""
SHORT = "pass"
SOON = 5  # seconds; less than one on a quiet machine


def family_of(worker: subprocess.Popen[str], mark: str) -> list[psutil.Process]:
    """Guardian, sandboxes and robots: by descent while the worker lives, robots also by their mark."""
    marked = [p for p in psutil.process_iter(["cmdline"]) if p.pid != worker.pid and mark in (p.info["cmdline"] or [])]
    with suppress(psutil.NoSuchProcess):
        return [*marked, *psutil.Process(worker.pid).children(recursive=True)]
    return marked


def _ends_with(process: psutil.Process, mark: str) -> bool:
    """Whether the mark is the last argument; a process that just ended has none."""
    with suppress(psutil.NoSuchProcess):
        return mark in process.cmdline()[-1:]
    return False


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and _status(process) != psutil.STATUS_ZOMBIE]


def _status(process: psutil.Process) -> str:
    try:
        return process.status()
    except psutil.NoSuchProcess:
        return psutil.STATUS_ZOMBIE


@pytest.fixture(params=["required", "off"])
def mode(request: pytest.FixtureRequest, sandboxed: object) -> str:
    return str(request.param)


@pytest.fixture
def start_worker(tmp_path: Path, mode: str) -> Iterator[Start]:
    workers: list[subprocess.Popen[str]] = []

    def start(source: str, mark: str) -> subprocess.Popen[str]:
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER.format(root=str(ROOT)), mode, str(tmp_path), mark, source],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        workers.append(worker)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        return worker

    yield start
    for worker in workers:
        worker.kill()
        worker.wait(10)
        assert worker.stdout is not None
        worker.stdout.close()


def test_it_works(start_worker: Start, mode: str) -> None:
    """Robots with daemons, then kill -9: all gone soon."""
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    worker = start_worker(LONG, mark)
    eventually(lambda: sum(_ends_with(process, mark) for process in family_of(worker, mark)) >= 6, seconds=20)
    family = family_of(worker, mark)
    worker.send_signal(signal.SIGKILL)
    eventually(lambda: not living(family) and not living(family_of(worker, mark)), seconds=SOON)


def test_there_is_no_moment_at_which_a_robot_escapes(start_worker: Start, mode: str) -> None:
    """Workers that start one short robot after the other, killed at random moments."""
    seed = int(os.environ.get("DEATH_SEED", "7"))
    chance = random.Random(seed)
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    for _ in range(6):
        _kill_at_random(start_worker(SHORT, mark), mark, chance.uniform(0.05, 0.3))


def _kill_at_random(worker: subprocess.Popen[str], mark: str, seconds: float) -> None:
    family = eventually(lambda: family_of(worker, mark), seconds=20)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        family = family_of(worker, mark)
    worker.send_signal(signal.SIGKILL)
    eventually(lambda: not living(family) and not living(family_of(worker, mark)), seconds=SOON)


def test_a_worker_that_is_asked_to_end_leaves_nobody(start_worker: Start, mode: str) -> None:
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    worker = start_worker(LONG, mark)
    eventually(lambda: len(family_of(worker, mark)) >= 6, seconds=20)
    family = family_of(worker, mark)
    worker.send_signal(signal.SIGTERM)
    eventually(lambda: not living(family), seconds=SOON)
