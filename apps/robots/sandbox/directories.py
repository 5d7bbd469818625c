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
from pathlib import Path

import structlog

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


class _Remover:
    """Removes directories in a thread of its own: the file system takes longer for it than a robot to say hello.

    When more than a few wait, whoever is done with one removes it itself.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Path, int]] = deque()
        self._changed = threading.Condition()
        self._pid = 0

    def remove(self, root: Path, lock: int) -> None:
        with self._changed:
            behind = len(self._waiting) >= _MOST_WAITING
            if not behind:
                self._waiting.append((root, lock))
                self._changed.notify_all()
            if self._pid != os.getpid():  # threads do not survive a fork
                self._pid = os.getpid()
                self._start()
        if behind:
            _remove(root, lock)

    def wait(self, seconds: float) -> bool:
        """Waits until nothing is left to remove; returns whether that came about."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, seconds)

    def _start(self) -> None:
        threading.Thread(target=self._run, name="remover", daemon=True).start()

    def _run(self) -> None:
        try:
            while True:
                self._remove_next()
        finally:  # whatever it was, and be it that nothing could be logged: others wait
            self._start()

    def _remove_next(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            root, lock = self._waiting[0]
        try:
            _remove(root, lock)
        except OSError:
            logger.exception("run_directory_not_removed", directory=str(root))
        finally:
            with self._changed:
                self._waiting.popleft()
                self._changed.notify_all()


def _remove(root: Path, lock: int) -> None:
    try:
        remove_tree(root)
    finally:
        os.close(lock)


_remover = _Remover()


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
