"""Artifacts for tests, good and bad."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from io import BytesIO


def zip_of(files: Mapping[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> BytesIO:
    """A zip with these files, a name ending in a slash makes a directory."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream


def zip_with(info: zipfile.ZipInfo, content: bytes = b"", *, main: bool = True) -> BytesIO:
    """A zip with one peculiar entry beside main.py."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        if main:
            archive.writestr("main.py", "print()")
        archive.writestr(info, content)
    return stream


def renamed(stream: BytesIO, old: bytes, new: bytes) -> BytesIO:
    """Names changed in place, past what the library would write."""
    assert len(old) == len(new)
    return BytesIO(stream.getvalue().replace(old, new))


def entry_with_mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def overlapping_zip(count: int = 20) -> BytesIO:
    """Many directory entries that share one file's bytes."""
    single = zip_of({"main.py": "x" * 1000}).getvalue()
    start = single.index(b"PK\x01\x02")
    local, directory = single[:start], single[start : single.index(b"PK\x05\x06")]
    entries = b"".join(directory.replace(b"main.py", f"f{number:02}.xpy".encode()[:7]) for number in range(count))
    body = local + directory + entries
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(body) - start, start, 0)
    return BytesIO(body + end)
