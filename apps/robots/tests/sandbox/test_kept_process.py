"""The fallback where orphans cannot be adopted (macOS), tried here by doing without."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from apps.common.testing import eventually
from apps.robots.sandbox.fallback import KeptProcess
from apps.robots.sandbox.guardian.families import MARKER
from apps.robots.sandbox.policy import ResourceLimits

DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("/bin/sleep", [sys.argv[1], "62"])
    os._exit(0)
os.wait()
time.sleep(float(sys.argv[2]))
"""


def alive(mark: str) -> list[int]:
    return [
        p.pid
        for p in psutil.process_iter(["cmdline", "status"])
        if mark in (p.info["cmdline"] or [])[:1] and p.info["status"] != "zombie"
    ]


def start(mark: str, seconds: float, tmp_path: Path) -> KeptProcess:
    command = [sys.executable, "-I", "-S", "-c", DAEMON, mark, str(seconds)]
    process = KeptProcess(command, {MARKER: mark}, str(tmp_path), ResourceLimits(), adoption=False)
    process.let_go()
    return process


@pytest.fixture
def mark() -> str:
    return f"kept-{os.getpid()}-{time.monotonic_ns()}"


def test_it_works(mark: str, tmp_path: Path) -> None:
    process = start(mark, 30, tmp_path)
    eventually(lambda: alive(mark))
    process.kill()
    eventually(lambda: not process.read_status(), seconds=8)
    assert process.exit_code == 137
    assert not alive(mark)
    process.close()


def test_a_daemon_ends_with_its_robot(mark: str, tmp_path: Path) -> None:
    process = start(mark, 0.3, tmp_path)
    eventually(lambda: not process.read_status(), seconds=8)
    assert process.exit_code == 0
    assert not alive(mark)
    process.close()


def test_everybody_is_asked_to_end(mark: str, tmp_path: Path) -> None:
    process = start(mark, 30, tmp_path)
    eventually(lambda: alive(mark))
    process.terminate()
    eventually(lambda: not process.read_status(), seconds=8)
    assert process.exit_code == 143
    assert not alive(mark)
    process.close()


def test_a_robot_that_kills_its_keeper_ends_too(mark: str, tmp_path: Path) -> None:
    process = start(mark, 30, tmp_path)
    eventually(lambda: alive(mark))
    robot = psutil.Process(process.pid)
    os.kill(process.keeper, signal.SIGKILL)
    assert process.wait_until_gone(5)
    eventually(lambda: not robot.is_running() and not alive(mark))
    process.close()


def test_closing_is_the_end(mark: str, tmp_path: Path) -> None:
    process = start(mark, 30, tmp_path)
    eventually(lambda: alive(mark))
    process.close()
    eventually(lambda: not alive(mark), seconds=8)
