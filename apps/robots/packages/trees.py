"""Directory trees that strangers may have filled: measured and removed whatever is in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEEPEST = 64
_REMOVAL_SECONDS = 300


@dataclass(slots=True)
class TreeUsage:
    """Entries and bytes below a directory; ``too_deep`` when directories are nested beyond what is looked into."""

    entries: int = 0
    bytes: int = 0
    too_deep: bool = False


def tree_usage(directory: Path) -> TreeUsage:
    """Measure without following links; what vanishes meanwhile does not count, holes in files do."""
    usage = TreeUsage()
    waiting = [(str(directory), 0)]
    while waiting:
        path, depth = waiting.pop()
        if depth > DEEPEST:
            usage.too_deep = True
            continue
        for entry in _entries(path):
            usage.entries += 1
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, depth + 1))
            else:
                usage.bytes += _size(entry)
    return usage


def _entries(path: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            yield from entries
    except OSError:
        return


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def remove_tree(directory: Path) -> None:
    """Remove a tree whatever its permissions and depth; nothing happens when it is not there."""
    try:
        shutil.rmtree(directory)
    except FileNotFoundError:
        return
    except (OSError, RecursionError):
        # Directories without permissions, or nested deeper than Python can follow.
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, "--", str(directory)], check=False, capture_output=True, timeout=_REMOVAL_SECONDS)
        if directory.exists():
            raise
