"""The files a robot left in its folder of artifacts: kept as far as they may be, the rest named in the log."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from apps.executions.errors import ArtifactRefused
from apps.executions.lease import Lease
from apps.executions.services.artifacts import artifact_store
from apps.robots.kind.sink import ExecutionSink
from apps.robots.sandbox.artifacts import artifact_files, other_entries
from apps.robots.supervision.records import Level

MOST_COMPLAINTS = 20


def artifacts_keep(lease: Lease, directory: Path, *, sink: ExecutionSink) -> None:
    """Stores each ordinary file under its path below ``directory``. Raises ``LeaseLost``.

    Behind as many as may be kept, and some more to name, none is tried: each asks the database, and nobody can stop it.
    """
    refused: list[str] = []
    files = artifact_files(directory)
    for file in islice(files, settings.ENV.artifacts_max_count + MOST_COMPLAINTS):
        try:
            artifact_store(lease, name=file.name, path=file.path, now=timezone.now())
        except ArtifactRefused as error:
            refused.append(f"Artifact {file.name} was not kept: {error}")
    refused += [f"Artifact {file.name} was not kept: Too many artifacts." for file in files]
    refused += [f"Artifact {name} was not kept: Only ordinary files are kept." for name in other_entries(directory)]
    if len(refused) > MOST_COMPLAINTS:
        refused = [*refused[:MOST_COMPLAINTS], f"{len(refused) - MOST_COMPLAINTS} more artifacts were not kept"]
    if refused:
        sink.say(refused, Level.WARNING)
