"""Zip files from strangers: the structure is checked before a byte is unpacked, the content while it is read."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from apps.robots.errors import InvalidArtifact
from apps.robots.packages.limits import ArchiveLimits
from apps.robots.packages.names import NameRegister, check_name, refuse

CHUNK = 64 * 1024
_END = struct.Struct("<4s4H2LH")  # end of central directory
_LOCAL = struct.Struct("<4s5H3L2H")  # local file header
_LARGEST_DIRECTORY_ENTRY = 2_048
_LONGEST_COMMENT, _ZIP64_LOCATOR = 65_535, 20
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1 | 0x40 | 0x2000
# Extra fields that can hold the target of a link: (header id, bytes before the target).
_LINK_FIELDS = {0x000D: 12, 0x756E: 14}


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, as it will be unpacked; ``size`` in bytes."""

    name: str
    size: int
    executable: bool = False


class ZipReader:
    """The files of a zip whose structure has been found sound; reading enforces the limits on what comes out."""

    def __init__(self, archive: zipfile.ZipFile, limits: ArchiveLimits) -> None:
        self._archive = archive
        self._limits = limits
        self._unpacked: dict[str, int] = {}
        self._total = 0
        self._files = [info for info in archive.infolist() if not info.is_dir()]

    @property
    def directories(self) -> list[str]:
        return [info.filename for info in self._archive.infolist() if info.is_dir()]

    @property
    def members(self) -> list[Member]:
        """The files with the sizes their headers claim."""
        return [self._member(info) for info in self._files]

    def read(self, name: str) -> Iterator[bytes]:
        """The content of one file in chunks; raises InvalidArtifact when it is damaged or over a limit."""
        info = self._archive.getinfo(name)
        size = 0
        with _zip_errors(name), self._archive.open(info) as content:
            while chunk := content.read(CHUNK):
                size += len(chunk)
                self._measure(info, size)
                yield chunk

    def _measure(self, info: zipfile.ZipInfo, size: int) -> None:
        # A file read twice counts once.
        known = self._unpacked.get(info.filename, 0)
        if size > known:
            self._unpacked[info.filename] = size
            self._total += size - known
        if self._total > self._limits.unpacked_bytes:
            reason = _("More than %(bytes)d bytes unpacked, reached at") % {"bytes": self._limits.unpacked_bytes}
            raise refuse(reason, info.filename)
        dense = size > self._limits.ratio * max(info.compress_size, 1)
        if dense and size > self._limits.ratio_counts_from_bytes:
            raise refuse(_("Compressed beyond %(ratio)d:1") % {"ratio": self._limits.ratio}, info.filename)

    @staticmethod
    def _member(info: zipfile.ZipInfo) -> Member:
        return Member(info.filename, info.file_size, bool(info.external_attr >> 16 & 0o111))


@contextmanager
def open_zip(stream: BinaryIO, limits: ArchiveLimits) -> Iterator[ZipReader]:
    """Open a seekable stream as zip. Raises InvalidArtifact, naming the entry, for a hostile or broken structure."""
    with _zip_errors():
        _check_directory_size(stream, limits)
        archive = zipfile.ZipFile(stream)
    with archive:
        with _zip_errors():
            _check_entries(archive, limits)
            _check_overlaps(stream, archive)
        yield ZipReader(archive, limits)


@contextmanager
def _zip_errors(name: str = "") -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError) as error:
        reason = _("The archive is damaged or no zip file")
        raise (refuse(reason, name) if name else InvalidArtifact(f"{reason}.")) from error


def _check_directory_size(stream: BinaryIO, limits: ArchiveLimits) -> None:
    """The directory is read into memory as a whole, so its size is looked at before."""
    size = stream.seek(0, 2)
    start = max(0, size - _END.size - _LONGEST_COMMENT - _ZIP64_LOCATOR)
    stream.seek(start)
    tail = stream.read()
    at = len(tail) - _END.size
    if not (at >= 0 and tail[at : at + 4] == b"PK\x05\x06" and tail[-2:] == b"\0\0"):
        at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise zipfile.BadZipFile
    if tail[max(at - _ZIP64_LOCATOR, 0) :].startswith(b"PK\x06\x07"):
        raise InvalidArtifact(_("ZIP64 archives are not accepted; artifacts are too small to need it."))
    directory_bytes = _END.unpack_from(tail, at)[5]
    if directory_bytes > limits.files * _LARGEST_DIRECTORY_ENTRY:
        raise InvalidArtifact(_("More than %(count)d files.") % {"count": limits.files})
    stream.seek(0)


def _check_entries(archive: zipfile.ZipFile, limits: ArchiveLimits) -> None:
    entries = archive.infolist()
    if len(entries) > limits.files:
        detail = _("More than %(count)d files: the archive has %(found)d entries.")
        raise InvalidArtifact(detail % {"count": limits.files, "found": len(entries)})
    names = NameRegister()
    for info in entries:
        _check_entry(info, limits)
        names.add(info.filename)


def _check_entry(info: zipfile.ZipInfo, limits: ArchiveLimits) -> None:
    check_name(info.orig_filename, longest=limits.name_bytes)
    if info.flag_bits & _ENCRYPTED:
        raise refuse(_("Encrypted entry"), info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise refuse(_("Symbolic link"), info.filename)
    if _has_link_target(info.extra):
        raise refuse(_("Hard link"), info.filename)
    if kind not in {0, stat.S_IFDIR if info.is_dir() else stat.S_IFREG}:
        raise refuse(_("Special file"), info.filename)
    if info.is_dir() and info.file_size:
        raise refuse(_("Directory with content"), info.filename)
    if info.compress_type not in _METHODS:
        raise refuse(_("Compression method other than deflate"), info.filename)


def _has_link_target(extra: bytes) -> bool:
    at = 0
    while at + 4 <= len(extra):
        field, length = struct.unpack_from("<HH", extra, at)
        if field in _LINK_FIELDS and length > _LINK_FIELDS[field]:
            return True
        at += 4 + length
    return False


def _check_overlaps(stream: BinaryIO, archive: zipfile.ZipFile) -> None:
    """Two entries that share bytes make a small file unpack to petabytes."""
    entries = sorted(archive.infolist(), key=lambda info: info.header_offset)
    limits = [info.header_offset for info in entries[1:]] + [archive.start_dir]
    for info, limit in zip(entries, limits, strict=True):
        stream.seek(info.header_offset)
        header = _LOCAL.unpack(stream.read(_LOCAL.size))
        end = info.header_offset + _LOCAL.size + header[9] + header[10] + info.compress_size
        if header[0] != b"PK\x03\x04" or end > limit:
            raise refuse(_("Overlapping or damaged entry"), info.filename)
