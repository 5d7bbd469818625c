"""Families of processes, and their end."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER
MARKER = "OFICINA_RUN_MARKER"


def adopt_orphans() -> bool:
    """Make this process the parent of every orphan below it; False where the system has no such thing."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0) == 0)


class Family:
    """All descendants of a process. With adoption they are exactly its descendants.

    Elsewhere (macOS) a daemon leaves its family. It is known by the mark in its environment, or by having been seen
    in the family before.
    """

    def __init__(self, root: int, *, adopting: bool, mark: str = "") -> None:
        self._root = root
        self._adopting = adopting
        self._mark = mark
        self._seen: dict[int, float] = {}

    def members(self) -> set[int]:
        return _descendants(self._root) if self._adopting else self._remembered()

    def signal(self, number: int, members: Collection[int]) -> None:
        for pid in members:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    def kill(self, *, seconds: float, each_round: Callable[[], object] = lambda: None) -> None:
        """Kill until nobody is left. Everybody is stopped first: who is stopped cannot fork away from us.

        A process that has no other children reaps the dead in ``each_round``, or else they count as members.
        """
        deadline = time.monotonic() + seconds
        while (members := self.members()) and time.monotonic() < deadline:
            self.signal(signal.SIGSTOP, members)
            self.signal(signal.SIGKILL, members)
            each_round()
            time.sleep(0.001)

    def _remembered(self) -> set[int]:
        import psutil  # noqa: PLC0415  # not part of the standard library, and not needed on Linux

        with suppress(psutil.Error):
            for child in psutil.Process(self._root).children(recursive=True):
                self._seen[child.pid] = child.create_time()
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if self._mark and process.environ().get(MARKER) == self._mark and process.pid != self._root:
                    self._seen[process.pid] = process.create_time()
        return {pid for pid, born in self._seen.items() if _is_alive(pid, born)}


def _is_alive(pid: int, born: float) -> bool:
    import psutil  # noqa: PLC0415  # see above

    try:
        process = psutil.Process(pid)
        return process.create_time() == born and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _descendants(root: int) -> set[int]:
    found: set[int] = set()
    waiting = [root]
    while waiting:
        children = _children(waiting.pop()) - found
        found |= children
        waiting.extend(children)
    return found


def _children(pid: int) -> set[int]:
    """Children of all threads of a process, by the kernel's own list (Linux)."""
    found: set[int] = set()
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found.update(map(int, (thread / "children").read_text(encoding="ascii").split()))
    return found


def reap() -> list[tuple[int, int]]:
    """Collect ended children: pids and their wait status."""
    ended = []
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            ended.append((pid, status))
    return ended
