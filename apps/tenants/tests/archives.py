"""Archives taken apart and put together again with something wrong in them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

from apps.tenants.archive import MANIFEST, NAMES


def rewritten(
    archive: io.BytesIO,
    *,
    manifest: Mapping[str, Any] | None = None,
    rows: Mapping[str, int] | None = None,
    columns: Mapping[str, list[str]] | None = None,
    contents: Mapping[str, bytes] | None = None,
    names: Sequence[str] | None = None,
    more: tuple[str, bytes] | None = None,
) -> io.BytesIO:
    """The archive with these changes; digests and counts of what is changed are put right, so that only it is wrong."""
    members = contents_of(archive)
    facts: dict[str, Any] = json.loads(members.pop(MANIFEST))
    changed = dict(contents or {})
    if names is not None:
        changed[NAMES], facts["files"], facts["file_bytes"] = _named(members[NAMES], names)
    for name, content in changed.items():
        members[name] = content
        part = facts["names"] if name == NAMES else facts["tables"][name.removeprefix("tables/").removesuffix(".copy")]
        part |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    for table, count in (rows or {}).items():
        facts["tables"][table]["rows"] = count
    for table, wanted in (columns or {}).items():
        facts["tables"][table]["columns"] = wanted
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in members.items():
            _add(tar, name, content)
        if more is not None:
            _add(tar, more[0], b"", kind=more[1])
        _add(tar, MANIFEST, json.dumps({**facts, **(manifest or {})}).encode())
    return written


def contents_of(archive: io.BytesIO) -> dict[str, bytes]:
    """Every member, by name, in order."""
    archive.seek(0)
    with tarfile.open(fileobj=archive) as tar:
        return {member.name: file.read() for member in tar if (file := tar.extractfile(member)) is not None}


def _named(lines: bytes, names: Sequence[str]) -> tuple[bytes, int, int]:
    known = [json.loads(line) for line in lines.splitlines()]
    wanted = [{**known[min(place, len(known) - 1)], "name": name} for place, name in enumerate(names)]
    text = "".join(f"{json.dumps(line)}\n" for line in wanted)
    return text.encode(), len(wanted), sum(line["size"] for line in wanted)


def _add(tar: tarfile.TarFile, name: str, content: bytes, *, kind: bytes = tarfile.REGTYPE) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = len(content), kind, "/etc/passwd" if kind == tarfile.SYMTYPE else ""
    tar.addfile(member, io.BytesIO(content))
