"""The archive of one organization: a tar file, written and read piece by piece, that is believed in nothing.

``tables/<table>.copy`` are rows as PostgreSQL's COPY writes them, ``files/<number>`` stored files in the order of the
lines of ``files.jsonl``, which names them. ``manifest.json`` stands last: what there must be, counted and digested.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, Self, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.tenants.errors import ArchiveInvalid

FORMAT = 1
MANIFEST, NAMES = "manifest.json", "files.jsonl"
PIECE = 256 * 1024
_LARGEST_MANIFEST = 4 * 1024**2
_LONGEST_LINE = 8 * 1024
_MOST_TABLES = 1000
_TABLE = re.compile(r"tables/([a-z][a-z0-9_]{0,62})\.copy\Z")
_FILE = re.compile(r"files/([0-9]{10})\Z")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Kind = TypeVar("Kind", bound=_Strict)


class Part(_Strict):
    """One member: how many bytes, and their SHA-256."""

    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")

    @property
    def content(self) -> tuple[int, str]:
        return self.size, self.sha256


class Table(Part):
    rows: int = Field(ge=0)
    columns: list[str]


class StoredFile(Part):
    """One line of ``files.jsonl``."""

    name: str


class Manifest(_Strict):
    """What an archive holds. ``left_out`` counts rows of tables that only mean something where they were made."""

    format: int
    schema_version: str
    exported_at: str
    organization: dict[str, Any]
    settings: dict[str, Any]
    hosts: list[str]
    tables: dict[str, Table]
    left_out: dict[str, int]
    files: int = Field(ge=0)
    file_bytes: int = Field(ge=0)
    names: Part

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


class _Hashing:
    """A file that counts and digests what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        self.digest.update(piece)
        self.size += len(piece)
        return piece

    def part(self) -> Part:
        return Part(size=self.size, sha256=self.digest.hexdigest())


class ArchiveWriter:
    """Adds members to a tar file; their names are short, so that none needs an extended header."""

    def __init__(self, target: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT)  # noqa: SIM115  # closed below

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._tar.close()

    def add(self, name: str, file: IO[bytes], size: int) -> Part:
        """The next ``size`` bytes of a file under a name; ``OSError`` where there are fewer."""
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        hashing: Any = _Hashing(file)
        self._tar.addfile(member, hashing)
        self._tar.members.clear()  # type: ignore[attr-defined]  # it would keep one of every file
        part: Part = hashing.part()
        return part


class _PlainMember(tarfile.TarInfo):
    """Refuses whatever is no plain file before anything of it is read: links, devices, extended headers."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or member.size < 0:
            raise ArchiveInvalid(extra={"member": member.name[:200]})
        return member


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, UnicodeError) as error:
        raise ArchiveInvalid from error


class ArchiveReader:
    """Reads an archive whose every byte :meth:`check` has compared with its manifest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def check(self) -> Manifest:
        """Reads it once, whole. Raises ``ArchiveInvalid`` unless all is there, once, in order, as its manifest says."""
        with _whole():
            manifest = self._checked_parts()
            self._check_files(manifest)
        return manifest

    def _checked_parts(self) -> Manifest:
        found: dict[str, Part] = {}
        manifest = None
        for name, content in self._members():
            if manifest is not None:
                raise ArchiveInvalid(extra={"member": name})  # it stands last
            if name == MANIFEST:
                manifest = _parsed(Manifest, content.read(_LARGEST_MANIFEST + 1))
            elif name in found or len(found) > _MOST_TABLES:
                raise ArchiveInvalid(extra={"member": name})
            elif _TABLE.match(name) or name == NAMES:
                found[name] = _digested(content)
            elif not _FILE.match(name):
                raise ArchiveInvalid(extra={"member": name[:200]})
        if manifest is None or manifest.format != FORMAT:
            raise ArchiveInvalid
        wanted = {f"tables/{table}.copy": part.content for table, part in manifest.tables.items()}
        if wanted | {NAMES: manifest.names.content} != {name: part.content for name, part in found.items()}:
            raise ArchiveInvalid
        return manifest

    def _check_files(self, manifest: Manifest) -> None:
        count = total = 0
        for stored, content in self.files():
            if _digested(content).content != stored.content:
                raise ArchiveInvalid(extra={"member": stored.name[:200]})
            count, total = count + 1, total + stored.size
        if (count, total) != (manifest.files, manifest.file_bytes):
            raise ArchiveInvalid

    def tables(self) -> Iterator[tuple[str, IO[bytes]]]:
        """The rows of each table, in COPY's text format."""
        for name, content in self._members():
            if found := _TABLE.match(name):
                yield found.group(1), content

    def files(self) -> Iterator[tuple[StoredFile, IO[bytes]]]:
        """Each stored file with what is said of it; raises ``ArchiveInvalid`` where lines and files differ."""
        lines = self._lines()
        number = 0
        for name, content in self._members():
            if found := _FILE.match(name):
                number += 1
                line = next(lines, None)
                if line is None or int(found.group(1)) != number:
                    raise ArchiveInvalid(extra={"member": name})
                yield line, content
        if next(lines, None) is not None:
            raise ArchiveInvalid(extra={"member": NAMES})

    def _lines(self) -> Iterator[StoredFile]:
        """``files.jsonl`` read beside the files, from where the tar file has it."""
        place = next((place for name, place in self._places() if name == NAMES), None)
        if place is None:
            raise ArchiveInvalid(extra={"member": NAMES})
        start, size = place
        read = 0
        while read < size:
            self._file.seek(start + read)
            line = self._file.readline(min(_LONGEST_LINE, size - read))
            if not line.endswith(b"\n"):
                raise ArchiveInvalid(extra={"member": NAMES})
            read += len(line)
            yield _parsed(StoredFile, line)

    def _places(self) -> Iterator[tuple[str, tuple[int, int]]]:
        for member, _tar in self._headers():
            yield member.name, (member.offset_data, member.size)

    def _members(self) -> Iterator[tuple[str, IO[bytes]]]:
        for member, tar in self._headers():
            content = tar.extractfile(member)
            if content is None:
                raise ArchiveInvalid(extra={"member": member.name[:200]})
            yield member.name, content

    def _headers(self) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
        self._file.seek(0)
        with tarfile.open(fileobj=self._file, mode="r:", tarinfo=_PlainMember) as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined]  # it would keep one of every file
                yield member, tar


def _digested(content: IO[bytes]) -> Part:
    hashing = _Hashing(content)
    while hashing.read(PIECE):
        pass
    return hashing.part()


def _parsed(kind: type[Kind], text: bytes) -> Kind:
    if len(text) > _LARGEST_MANIFEST:
        raise ArchiveInvalid(extra={"member": MANIFEST})
    try:
        return kind.model_validate(orjson.loads(text))
    except (ValidationError, orjson.JSONDecodeError) as error:
        raise ArchiveInvalid from error
