"""What a robot left in its artifacts directory, read without trusting any of it."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from apps.robots.packages.trees import DEEPEST

LONGEST_NAME = 255
_ALIKE = 200  # what is left of a name whatever number stands in front
# Control characters, separators and bidirectional overrides; a name ends up in a header and on a page.
_unsafe = re.compile("[\x00-\x1f\x7f-\x9f\\\\\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """A regular file: ``name`` is its relative path, made safe and unique; ``size`` in bytes."""

    name: str
    size: int
    path: Path

    def open(self) -> BinaryIO:
        """Open for reading; raises OSError if it is no regular file any more."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileNotFoundError(self.path)
        return os.fdopen(descriptor, "rb")


def artifact_files(directory: Path) -> Iterator[ArtifactFile]:
    """Regular files below a directory, sorted by path; links, pipes and devices are left out.

    To be called when the robot is over and before its workspace is closed.
    """
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    for path, status in sorted(_walk(directory, 0)):
        if stat.S_ISREG(status.st_mode):
            name = _unique(_safe(str(path.relative_to(directory))), taken, numbers)
            yield ArtifactFile(name, status.st_size, path)


def other_entries(directory: Path) -> Iterator[str]:
    """Names, made safe, of what ``artifact_files`` leaves out: links, pipes, sockets and devices."""
    for path, status in sorted(_walk(directory, 0)):
        if not stat.S_ISREG(status.st_mode):
            yield _safe(str(path.relative_to(directory)))


def _walk(directory: Path, depth: int) -> Iterator[tuple[Path, os.stat_result]]:
    if depth > DEEPEST:
        return
    with suppress(OSError):
        directory.chmod(stat.S_IRWXU)
        for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
            status = entry.stat(follow_symlinks=False)
            path = Path(entry.path)
            if stat.S_ISDIR(status.st_mode):
                yield from _walk(path, depth + 1)
                continue
            if stat.S_ISREG(status.st_mode):
                path.chmod(stat.S_IRUSR | stat.S_IWUSR)
            yield path, status


def _safe(name: str) -> str:
    return _unsafe.sub("_", name)[-LONGEST_NAME:].lstrip("/")


def _unique(name: str, taken: set[str], numbers: Counter[str]) -> str:
    """The name, or with a number in front. Those that begin alike count on: many must not each begin anew."""
    alike, candidate = name[:_ALIKE], name
    while candidate in taken:
        numbers[alike] += 1
        candidate = f"{numbers[alike] + 1}-{name}"[:LONGEST_NAME]
    taken.add(candidate)
    return candidate
