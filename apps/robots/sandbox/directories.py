"""Directories of runs: each attempt has its own, and what a killed worker left is swept up by the next."""

from __future__ import annotations

import atexit
import fcntl
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from apps.common.threads import forever
from apps.robots.packages.trees import remove_tree

_LOCK = "lock"
_SWEEP_SECONDS = 60.0
_MOST_WAITING = 16
logger = structlog.get_logger(__name__)
_lock = threading.Lock()
_next_sweep: dict[Path, float] = {}


@contextmanager
def run_directory(runs: Path, identifier: str) -> Iterator[Path]:
    """A new directory that nobody else uses, removed in the end, or a moment later: nobody waits for it.

    It is locked while it is used; a lock ends with its process, so that others can tell what is left over. Two attempts
    of one run never share a directory, even when the first one's worker wakes up late.
    """
    runs.mkdir(parents=True, exist_ok=True)
    _sweep_now_and_then(runs)
    root = Path(tempfile.mkdtemp(prefix=f"{identifier}-", dir=runs))
    lock = os.open(root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    owner = os.getpid()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        root.chmod(0o755)
        yield root
    finally:
        if owner == os.getpid():  # in a child it is its parent's
            _remover.remove(root, lock)


@dataclass
class _Removals:
    """What waits to be removed in this process, and whether a thread does it."""

    waiting: deque[tuple[Path, int]] = field(default_factory=deque)
    changed: threading.Condition = field(default_factory=threading.Condition)
    running: bool = False


class _Remover:
    """Removes directories in a thread of its own: the file system takes longer for it than a robot to say hello.

    When more than a few wait, whoever is done with one removes it itself.
    """

    def __init__(self) -> None:
        self._own = _Removals()

    def remove(self, root: Path, lock: int) -> None:
        own = self._own
        with own.changed:
            behind = len(own.waiting) >= _MOST_WAITING
            if not behind:
                own.waiting.append((root, lock))
                own.changed.notify_all()
            if not own.running:
                threading.Thread(target=forever, args=[self._remove_next], name="remover", daemon=True).start()
                own.running = True
        if behind:
            _remove(root, lock)

    def wait(self, seconds: float) -> bool:
        """Waits until nothing is left to remove; returns whether that came about."""
        own = self._own
        with own.changed:
            return own.changed.wait_for(lambda: not own.waiting, seconds)

    def forget(self) -> None:
        """After a fork: what waits is removed by the parent, whose threads and held locks are left behind."""
        self._own = _Removals()

    def _remove_next(self) -> None:
        own = self._own
        with own.changed:
            own.changed.wait_for(lambda: own.waiting)
            root, lock = own.waiting[0]
        try:
            _remove(root, lock)
        finally:
            with own.changed:
                own.waiting.popleft()
                own.changed.notify_all()


def _remove(root: Path, lock: int) -> None:
    try:
        remove_tree(root)
    except OSError:
        logger.exception("run_directory_not_removed", directory=str(root))
    finally:
        os.close(lock)


_remover = _Remover()
os.register_at_fork(after_in_child=_remover.forget)


@atexit.register
def directories_removed(seconds: float = 10.0) -> bool:
    """Waits until the directories of runs that are over are gone; a process does so when it ends."""
    return _remover.wait(seconds)


def _sweep_now_and_then(runs: Path) -> None:
    with _lock:
        now = time.monotonic()
        if now < _next_sweep.get(runs, 0.0):
            return
        _next_sweep[runs] = now + _SWEEP_SECONDS
    for root in runs.iterdir():
        with suppress(FileNotFoundError, NotADirectoryError):
            _remove_if_left(root)


def _remove_if_left(root: Path) -> None:
    if root.stat().st_mtime > time.time() - _SWEEP_SECONDS:
        return  # perhaps its owner has not come to locking it yet
    lock = os.open(root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove_tree(root)
    except BlockingIOError:
        return
    finally:
        os.close(lock)
