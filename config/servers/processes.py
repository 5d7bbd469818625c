"""Starting, finding and ending server processes that may belong to an earlier run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import psutil

from config.servers.account import Account, run_as

POLL_SECONDS = 0.02
LOG_LIMIT_BYTES = 10 * 1024**2


def start_detached(command: Sequence[str], *, log: Path, account: Account | None) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C in the terminal does not reach it."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.unlink()
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            **run_as(account),
        )


def alive(pid: int) -> psutil.Process | None:
    """The process, unless it has ended; one that only waits to be reaped by its parent has ended."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None


def taken(pid: int) -> bool:
    """Whether the system still knows the pid; a dead child of our own is let go of first."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return psutil.pid_exists(pid)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    deadline = monotonic() + seconds
    while not condition():
        if monotonic() > deadline:
            return False
        sleep(POLL_SECONDS)
    return True


def wait_gone(pid: int, *, seconds: float) -> bool:
    return wait_until(lambda: alive(pid) is None, seconds=seconds)


def find(matches: Callable[[Sequence[str]], bool]) -> list[psutil.Process]:
    """Processes whose command line matches, whoever started them."""
    running = psutil.process_iter(["cmdline"])
    return [process for process in running if matches(process.info["cmdline"] or []) and alive(process.pid)]


def find_at_work(names: Collection[str], directory: Path) -> list[psutil.Process]:
    """Processes of these names whose working directory it is, even if it is gone by now; the oldest first."""
    places = {str(directory), f"{directory} (deleted)"}
    running = psutil.process_iter(["name", "cwd", "create_time"])
    found = [process for process in running if process.info["name"] in names and process.info["cwd"] in places]
    return sorted((process for process in found if alive(process.pid)), key=lambda process: process.info["create_time"])


def find_by_environment(name: str, value: str) -> list[psutil.Process]:
    """Processes of ours that were started with this variable."""
    running = psutil.process_iter(["environ"])
    return [process for process in running if (process.info["environ"] or {}).get(name) == value and alive(process.pid)]


def end(process: psutil.Process, *, seconds: float = 10) -> None:
    """Ask the process to end, and make it end when it does not."""
    try:
        process.terminate()
        if not wait_gone(process.pid, seconds=seconds):
            process.kill()
            wait_gone(process.pid, seconds=seconds)
    except psutil.NoSuchProcess:
        return
