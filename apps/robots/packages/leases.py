"""A directory of directories, each built once and shared by every process of the machine while it is used."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.robots.packages.trees import remove_tree, tree_usage

_LEFTOVER_SECONDS = 3600
_BUILDING = ".building-"
_USED, _BUILT = ".lock", ".build"


class LeasedDirectories:
    """Entries by key under ``root``; the least recently used go when ``capacity_bytes`` is passed.

    An entry appears whole or not at all: it is built beside and renamed. Whoever wants one holds a shared lock on its
    lock file, so that nobody evicts it; whoever builds it holds a second one alone, and for no longer than that. A lock
    ends with its process, however that ends.
    """

    def __init__(self, root: Path, *, capacity_bytes: int) -> None:
        self.root = root
        self._capacity_bytes = capacity_bytes

    @contextmanager
    def lease(self, key: str, build: Callable[[Path], None]) -> Iterator[Path]:
        """The entry's directory, built first by ``build(empty_directory)`` if need be; what that raises passes through.

        Callers who want the same missing entry at the same time wait for the one who builds it, and for nobody's use.
        """
        with self._locked(f"{key}{_USED}", fcntl.LOCK_SH) as lock:
            if not (self.root / key).is_dir():
                with self._locked(f"{key}{_BUILT}", fcntl.LOCK_EX):
                    self._build(key, build)
            os.utime(lock)
            yield self.root / key

    def _build(self, key: str, build: Callable[[Path], None]) -> None:
        if (self.root / key).is_dir():
            return
        directory = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=self.root))
        try:
            build(directory)
            size = tree_usage(directory).bytes
            directory.rename(self.root / key)
            (self.root / key).chmod(0o555)
        except BaseException:
            remove_tree(directory)
            raise
        (self.root / f"{key}{_USED}").write_text(str(size), encoding="ascii")
        self._evict(keep=key)

    @contextmanager
    def _locked(self, name: str, how: int) -> Iterator[int]:
        """An open, locked file. One that was deleted while we waited for it guards nothing: try again."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o755)
        path = self.root / name
        while True:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, how)
                if _still_at(path, lock):
                    yield lock
                    return
            finally:
                os.close(lock)

    def _evict(self, *, keep: str) -> None:
        by_age = sorted(self.root.glob(f"*{_USED}"), key=_modified)
        total = sum(map(_recorded_size, by_age))
        for path in by_age:
            if total <= self._capacity_bytes:
                break
            size = _recorded_size(path)
            if path.stem != keep and self._remove(path):
                total -= size
        self._remove_leftovers()

    def _remove(self, path: Path) -> bool:
        """Delete an entry unless somebody uses it."""
        try:
            lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _still_at(path, lock):  # removed between opening and locking; what is there now is another's
                return False
            entry = self.root / path.stem
            if entry.is_dir():
                doomed = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=self.root))
                entry.chmod(0o755)
                entry.rename(doomed)
                remove_tree(doomed)
            path.with_suffix(_BUILT).unlink(missing_ok=True)  # nobody builds who does not hold the other
            path.unlink()
        except BlockingIOError:
            return False
        finally:
            os.close(lock)
        return True

    def _remove_leftovers(self) -> None:
        """What a builder left that was killed."""
        for directory in self.root.glob(f"{_BUILDING}*"):
            if time.time() - _modified(directory) > _LEFTOVER_SECONDS:
                remove_tree(directory)


def _still_at(path: Path, lock: int) -> bool:
    """Whether the open file is the one of that name: one that was deleted meanwhile guards nothing."""
    try:
        return path.stat().st_ino == os.fstat(lock).st_ino
    except FileNotFoundError:
        return False


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # somebody else removed it
        return time.time()


def _recorded_size(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii") or 0)
    except FileNotFoundError:
        return 0
