"""A look into a file that a run left: what it is for a reader, never what a browser would make of it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

PREVIEW_BYTES: Final = 64 * 1024
ROWS, COLUMNS = 500, 50
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml"})
TABLES: Final = {".csv": "", ".tsv": "\t"}
SEPARATORS: Final = (",", ";", "\t", "|")
SNIFFED = 4096
_QUOTED = re.compile(r'"[^"]*"')


class Kind(StrEnum):
    """How a file is shown."""

    PICTURE = "picture"
    TABLE = "table"
    TEXT = "text"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file; ``cut`` says that there is more."""

    kind: Kind
    text: str = ""
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    cut: bool = False


def is_picture(content_type: str) -> bool:
    """Whether a file is shown as an image, in which no script runs."""
    return content_type in PICTURES


def preview_of(name: str, content_type: str, beginning: bytes, *, size: int) -> Preview:
    """What to show of a file, from its first 64 KiB."""
    if is_picture(content_type):
        return Preview(Kind.PICTURE)
    text = _text(beginning, whole=size <= len(beginning))
    if text is None:
        return Preview(Kind.NONE)
    cut = size > len(beginning)
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in TABLES:
        table = _table(text if not cut else text[: text.rfind("\n") + 1], TABLES[suffix])
        if table:
            header, *rows = table[: ROWS + 1]
            return Preview(Kind.TABLE, header=header, rows=rows, cut=cut or len(table) > ROWS + 1)
    return Preview(Kind.TEXT, text=text, cut=cut)


def _text(beginning: bytes, *, whole: bool) -> str | None:
    """The bytes as text, or None where they are none; a character cut in two at the end is left out."""
    if b"\0" in beginning:
        return None
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return beginning.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and not whole and error.start >= len(beginning) - 4:
                return beginning[: error.start].decode(encoding)
    return None


def _separator(text: str) -> str:
    """The one that the first line has most of. The library's own guess takes half a second for a hostile file."""
    first = _QUOTED.sub("", text[:SNIFFED].lstrip().partition("\n")[0])
    return max(SEPARATORS, key=first.count)


def _table(text: str, delimiter: str) -> list[list[str]]:
    """Rows of a table, all of the header's width; nothing where it cannot be read as one."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _separator(text)))
    except csv.Error:
        return []
    width = min(max((len(row) for row in rows), default=0), COLUMNS)
    return [[*row[:width], *[""] * (width - len(row))] for row in rows if row]
