"""Looks into an uploaded artifact: what it is, what it contains, whether it may be published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import BinaryIO

from django.utils.translation import gettext as _

from apps.robots.errors import InvalidArtifact
from apps.robots.packages.limits import ArchiveLimits
from apps.robots.packages.metadata import Dependencies, dependencies_of
from apps.robots.packages.names import check_name
from apps.robots.packages.zips import CHUNK, Member, ZipReader, open_zip

# ELF, Windows, Mach-O (both orders, 64 bit, universal), and scripts that name their interpreter.
_PROGRAMS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xca\xfe\xba\xbe", b"#!")
_LARGEST_SOURCE = 1024 * 1024
_TEXT_SUFFIXES = {".sh", ".robot"}


class ArtifactKind(StrEnum):
    ZIP = "zip"
    PYTHON = "py"
    TEXT = "text"  # a single shell script or Robot Framework suite
    EXECUTABLE = "exe"


@dataclass(frozen=True, slots=True)
class ArtifactInspection:
    """What was found; sizes in bytes, ``unpacked_bytes`` as measured while reading."""

    kind: ArtifactKind
    sha256: str
    size: int
    unpacked_bytes: int
    members: tuple[Member, ...]
    dependencies: Dependencies | None


def is_program(head: bytes) -> bool:
    """Whether a file that starts like this is run by the system as it is."""
    return head.startswith(_PROGRAMS)


def kind_of(head: bytes, filename: str) -> ArtifactKind:
    """Tell the kind by the content first and the name second; raises InvalidArtifact for anything else."""
    suffix = PurePosixPath(filename.lower()).suffix
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ArtifactKind.ZIP
    if suffix == ".zip":
        raise InvalidArtifact(_("The archive is damaged or no zip file."))
    if suffix == ".py" or suffix in _TEXT_SUFFIXES:
        if b"\0" in head:
            raise InvalidArtifact(_("%(name)s is not a text file.") % {"name": filename[:200]})
        return ArtifactKind.PYTHON if suffix == ".py" else ArtifactKind.TEXT
    if is_program(head):
        return ArtifactKind.EXECUTABLE
    raise InvalidArtifact(_("The artifact must be a .zip, a single .py or an executable file."))


def inspect_artifact(
    stream: BinaryIO, *, filename: str, entrypoint_path: str, limits: ArchiveLimits | None = None
) -> ArtifactInspection:
    """Read a seekable stream to its end and say what it is.

    A file that is no zip is the entrypoint itself, whatever its own name. Raises InvalidArtifact, with a text that
    names the entry, for everything that must not be published.
    """
    limits = limits or ArchiveLimits()
    check_name(entrypoint_path, longest=limits.name_bytes)
    sha256, size = digest(stream)
    with open_artifact(stream, filename=filename, entrypoint_path=entrypoint_path, limits=limits) as artifact:
        if entrypoint_path not in artifact.names:
            raise _entrypoint_missing(entrypoint_path, artifact.names)
        sizes = {name: sum(map(len, artifact.read(name))) for name in artifact.names}
        dependencies = dependencies_of(artifact.source, entrypoint_path=entrypoint_path)
        members = tuple(Member(m.name, sizes[m.name], m.executable) for m in artifact.members)
    return ArtifactInspection(artifact.kind, sha256, size, sum(sizes.values()), members, dependencies)


def _entrypoint_missing(path: str, names: Iterable[str]) -> InvalidArtifact:
    """Names the file that was perhaps meant: archives are often made with one folder around everything."""
    meant = [name for name in names if _file_name(name) == _file_name(path)]
    if not meant:
        return InvalidArtifact(_("The entrypoint is missing: %(path)s") % {"path": path}, extra={"entry": path})
    found = min(meant, key=lambda name: (name.count("/"), name))
    text = _("The entrypoint is missing: %(path)s; the archive has %(found)s")
    return InvalidArtifact(text % {"path": path, "found": found}, extra={"entry": path})


def _file_name(path: str) -> str:
    return path.rpartition("/")[2].casefold()


def digest(stream: BinaryIO) -> tuple[str, int]:
    """SHA-256 in hexadecimal and length of the whole stream, which is left at its start."""
    stream.seek(0)
    sha256 = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        sha256.update(chunk)
    size = stream.tell()
    stream.seek(0)
    return sha256.hexdigest(), size


class OpenArtifact:
    """An artifact of any kind, seen as a set of files."""

    def __init__(self, kind: ArtifactKind, stream: BinaryIO, name: str, size: int, archive: ZipReader | None) -> None:
        self.kind = kind
        self._stream = stream
        self._archive = archive
        self.members = archive.members if archive else [Member(name, size, is_program(stream.read(4)))]
        self.directories = archive.directories if archive else []
        self.names = {member.name for member in self.members}

    def read(self, name: str) -> Iterator[bytes]:
        """The content of one file in chunks of at most 64 KiB; raises InvalidArtifact over a limit."""
        return self._archive.read(name) if self._archive else self._read_single()

    def source(self, name: str) -> bytes | None:
        """The first MiB of a text, or None when there is no such file."""
        if name not in self.names:
            return None
        content = b""
        for chunk in self.read(name):
            content += chunk
            if len(content) >= _LARGEST_SOURCE:
                break
        return content[:_LARGEST_SOURCE]

    def _read_single(self) -> Iterator[bytes]:
        self._stream.seek(0)
        while chunk := self._stream.read(CHUNK):
            yield chunk


@contextmanager
def open_artifact(
    stream: BinaryIO, *, filename: str, entrypoint_path: str, limits: ArchiveLimits
) -> Iterator[OpenArtifact]:
    """Open any artifact for reading; its structure has been checked, its content is checked while it is read."""
    size = stream.seek(0, 2)
    stream.seek(0)
    kind = kind_of(stream.read(CHUNK), filename)
    stream.seek(0)
    if kind is ArtifactKind.ZIP:
        with open_zip(stream, limits) as archive:
            yield OpenArtifact(kind, stream, entrypoint_path, size, archive)
        return
    if size > limits.unpacked_bytes:
        raise InvalidArtifact(_("More than %(bytes)d bytes.") % {"bytes": limits.unpacked_bytes})
    yield OpenArtifact(kind, stream, entrypoint_path, size, None)
