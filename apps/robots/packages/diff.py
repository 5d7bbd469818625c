"""What changed between two artifacts: files added, removed and changed, with the text of the changes."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from apps.robots.packages.archive import OpenArtifact


@dataclass(frozen=True, slots=True)
class DiffLimits:
    """Caps of an answer that people read: larger files are named as changed, without their text."""

    file_bytes: int = 256 * 1024
    file_lines: int = 400
    total_lines: int = 4_000
    # Comparing costs up to the square of the lines.
    compared_file_lines: int = 2_000
    compared_total_lines: int = 40_000


@dataclass(frozen=True, slots=True)
class FileChange:
    """One changed file; ``lines`` is a unified diff, ``truncated`` says that more changed than is shown."""

    path: str
    binary: bool
    lines: tuple[str, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class ArtifactDiff:
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[FileChange, ...]


def compare(old: OpenArtifact, new: OpenArtifact, *, limits: DiffLimits | None = None) -> ArtifactDiff:
    """Compare by content, names sorted. Both artifacts stay open; what they raise while being read passes through."""
    comparison = _Comparison(limits or DiffLimits())
    changed = [
        comparison.change(name, _text(old, name, comparison.limits), _text(new, name, comparison.limits))
        for name in sorted(old.names & new.names)
        if _digest(old, name) != _digest(new, name)
    ]
    return ArtifactDiff(tuple(sorted(new.names - old.names)), tuple(sorted(old.names - new.names)), tuple(changed))


class _Comparison:
    """Spends the budget of lines over the files."""

    def __init__(self, limits: DiffLimits) -> None:
        self.limits = limits
        self._to_show = limits.total_lines
        self._to_compare = limits.compared_total_lines

    def change(self, name: str, before: _Text | None, after: _Text | None) -> FileChange:
        if before is None or after is None:
            return FileChange(name, binary=True, lines=(), truncated=False)
        old, new = before.text.splitlines(), after.text.splitlines()
        longest = max(len(old), len(new))
        if (
            not (before.complete and after.complete)
            or longest > min(self.limits.compared_file_lines, self._to_compare)
            or not self._to_show
        ):
            return FileChange(name, binary=False, lines=(), truncated=True)
        self._to_compare -= longest
        most = min(self.limits.file_lines, self._to_show)
        lines = list(islice(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm=""), most + 1))
        shown = tuple(lines[:most])
        self._to_show -= len(shown)
        return FileChange(name, binary=False, lines=shown, truncated=len(lines) > most)


def _digest(artifact: OpenArtifact, name: str) -> bytes:
    sha256 = hashlib.sha256()
    for chunk in artifact.read(name):
        sha256.update(chunk)
    return sha256.digest()


class _Text(NamedTuple):
    text: str
    complete: bool


def _text(artifact: OpenArtifact, name: str, limits: DiffLimits) -> _Text | None:
    """The text of a file up to the cap; None when it is binary."""
    content = b""
    for chunk in artifact.read(name):
        content += chunk
        if len(content) > limits.file_bytes:
            break
    if b"\0" in content:
        return None
    complete = len(content) <= limits.file_bytes
    try:
        return _Text(content.decode(errors="strict" if complete else "replace"), complete)
    except UnicodeDecodeError:
        return None
