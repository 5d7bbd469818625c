"""Unpacked artifacts: each one once per machine, read-only, by its checksum."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from apps.robots.errors import ArtifactDamaged
from apps.robots.packages.archive import OpenArtifact, digest, is_program, open_artifact
from apps.robots.packages.leases import LeasedDirectories
from apps.robots.packages.limits import MIB, ArchiveLimits
from apps.robots.packages.zips import CHUNK

DEFAULT_CAPACITY = 4096 * MIB
_IN_MEMORY = 8 * MIB


class PackageCache:
    """Hands out unpacked packages. ``root`` must be on one file system and belong to us alone."""

    def __init__(
        self, root: Path, *, capacity_bytes: int = DEFAULT_CAPACITY, limits: ArchiveLimits | None = None
    ) -> None:
        self._directories = LeasedDirectories(root, capacity_bytes=capacity_bytes)
        self._limits = limits or ArchiveLimits()

    def lease(
        self, sha256: str, *, filename: str, entrypoint_path: str, open_stored: Callable[[], BinaryIO]
    ) -> AbstractContextManager[Path]:
        """The unpacked package, kept as long as the context lasts.

        ``open_stored`` is called only when it is not there yet. Raises ArtifactDamaged when the stored bytes do not
        have the checksum any more, InvalidArtifact when they are not acceptable.
        """

        def build(directory: Path) -> None:
            with (
                open_stored() as stored,
                _verified(stored, sha256) as stream,
                open_artifact(
                    stream, filename=filename, entrypoint_path=entrypoint_path, limits=self._limits
                ) as artifact,
            ):
                extract(artifact, directory)

        return self._directories.lease(_key(sha256, filename, entrypoint_path), build)


def _key(sha256: str, filename: str, entrypoint_path: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ArtifactDamaged
    if filename.lower().endswith(".zip"):
        return sha256
    # A single file is unpacked under the name of its entrypoint.
    return f"{sha256}-{hashlib.sha256(entrypoint_path.encode()).hexdigest()[:16]}"


@contextmanager
def _verified(stored: BinaryIO, sha256: str) -> Iterator[BinaryIO]:
    """A seekable copy of the stored file, checked before anything of it is used."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
        while chunk := stored.read(CHUNK):
            copy.write(chunk)
        stream: BinaryIO = copy  # type: ignore[assignment]  # a file in all but its declared type
        if digest(stream)[0] != sha256:
            raise ArtifactDamaged
        yield stream


def extract(artifact: OpenArtifact, directory: Path) -> None:
    """Write every file below ``directory``, read-only; programs stay executable, also from zips made on Windows."""
    for name in artifact.directories:
        (directory / name).mkdir(parents=True, exist_ok=True)
    for member in artifact.members:
        path = directory / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        executable = member.executable
        with path.open("xb") as target:
            for number, chunk in enumerate(artifact.read(member.name)):
                executable = executable or (number == 0 and is_program(chunk))
                target.write(chunk)
        path.chmod(0o555 if executable else 0o444)
    for path in sorted(directory.rglob("*/"), reverse=True):
        path.chmod(0o555)
