"""The files a robot left in its folder of artifacts: kept as far as they may be, the rest named in the log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django.utils import timezone

from apps.executions.errors import ArtifactRefused
from apps.executions.lease import Lease
from apps.executions.services.artifacts import artifact_store
from apps.robots.kind.sink import ExecutionSink
from apps.robots.supervision.records import Level

MOST_COMPLAINTS = 20


def artifacts_keep(lease: Lease, directory: Path, *, sink: ExecutionSink) -> None:
    """Stores each file under its path below ``directory``. Raises ``LeaseLost``."""
    refused: list[str] = []
    for path in _files(directory):
        name = path.relative_to(directory).as_posix()
        try:
            artifact_store(lease, name=name, path=path, now=timezone.now())
        except ArtifactRefused as error:
            refused.append(f"Artifact {_shown(name)} was not kept: {error}")
    if len(refused) > MOST_COMPLAINTS:
        refused = [*refused[:MOST_COMPLAINTS], f"{len(refused) - MOST_COMPLAINTS} more artifacts were not kept"]
    if refused:
        sink.say(refused, Level.WARNING)


def _files(directory: Path) -> Iterator[Path]:
    """Everything that is no directory, in order of name; links are not followed into."""
    for folder, folders, names in os.walk(directory):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(names))


def _shown(name: str) -> str:
    return name if name.isprintable() else ascii(name)
