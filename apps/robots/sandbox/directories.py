"""Directories of runs: each attempt has its own, and what a killed worker left is swept up by the next."""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from apps.robots.packages.trees import remove_tree

_LOCK = "lock"
_SWEEP_SECONDS = 60.0
_lock = threading.Lock()
_next_sweep: dict[Path, float] = {}


@contextmanager
def run_directory(runs: Path, identifier: str) -> Iterator[Path]:
    """A new directory that nobody else uses, removed in the end.

    It is locked while it is used; a lock ends with its process, so that others can tell what is left over. Two attempts
    of one run never share a directory, even when the first one's worker wakes up late.
    """
    runs.mkdir(parents=True, exist_ok=True)
    _sweep_now_and_then(runs)
    root = Path(tempfile.mkdtemp(prefix=f"{identifier}-", dir=runs))
    lock = os.open(root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        root.chmod(0o755)
        yield root
    finally:
        remove_tree(root)
        os.close(lock)


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
