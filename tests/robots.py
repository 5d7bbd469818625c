"""Robots in tests of the engine: published and run by the services themselves, found among all processes here."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import psutil

from apps.robots.tests.factories import robot_made, run_made, version_made
from apps.tenants.context import tenant_context

TALKING = """
import itertools, time
for number in itertools.count(1):
    print("line", number, flush=True)
    time.sleep(0.02)
"""

# A child that has left session and group, and a grandchild that has neither parent nor environment any more; nobody
# ends when asked to.
DAEMONS = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve("/bin/sleep", ["{mark}", "600"], {{}})
    os._exit(0)
os.wait()
if os.fork() == 0:
    os.setsid()
else:
    print("up", flush=True)
time.sleep(600)
"""


def run_robot(schema: str, source: str, **given: Any) -> UUID:
    """A waiting run of a new robot."""
    with tenant_context(schema):
        robot = robot_made(schema, f"Robot {uuid4()}")
        version_made(schema, robot, source)
        return run_made(schema, robot, **given).pk


def processes_of(run: UUID | str) -> list[psutil.Process]:
    """Whatever runs on this machine with the run's id in its environment."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("OFICINA_RUN_ID") == str(run):
                found.append(process)
    return living(found)


def named(name: str) -> list[psutil.Process]:
    """What calls itself so, having dropped all else by which it could be known."""
    every = psutil.process_iter(["cmdline"])
    return living([process for process in every if (process.info["cmdline"] or [""])[0] == name])


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended, whether somebody has asked for their end or not."""
    return [process for process in processes if _lives(process)]


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
