"""Tables of text, as spreadsheets write and read them: separators, encodings, and cells that would be formulas."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidTable

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
BOM = "\ufeff"
# With the full width ones, which some spreadsheets take for the others.
_SIGN = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_FIRST, _LATER = rf"'*[{_SIGN}\x00-\x1f\x7f-\x9f]", rf"['\"]*[{_SIGN}]"
_APART = r"(?<=[,;\t\r\n])"  # a spreadsheet may split at any of them, whatever we separate with
_FORMULA = re.compile(rf"\A(?={_FIRST})|{_APART}(?={_LATER})")
_QUOTED = re.compile(rf"\A'(?={_FIRST})|{_APART}'(?={_LATER})")
_BEGINNING = re.compile(rf"\A(?={_FIRST})")
_NUL = "\x00"
MOST_CELLS = 256
"""In one line. Nothing here has so many columns, and what is done for each line would be done for each of them."""
Cell = str | int | float | Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: where it begins in the file, and its cells."""

    number: int
    cells: list[str]


def cell_quote(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before ``= + - @`` and control characters.

    So it does before signs that would begin a cell where the file is split at another separator. Apostrophes before
    such a beginning count as part of it, so that :func:`cell_unquote` gives back what went in.
    """
    return _FORMULA.sub("'", text)


def sheet_quote(text: str) -> str:
    """The same for a cell of a spreadsheet's own file, which nobody splits: its beginning alone counts."""
    return _BEGINNING.sub("'", text)


def cell_unquote(text: str) -> str:
    """What :func:`cell_quote` was given."""
    return _QUOTED.sub("", text)


def table_lines(rows: Iterable[Iterable[Cell]], *, separator: str = ",") -> Iterator[str]:
    """The rows as lines of CSV, one at a time, texts quoted; the first begins with the mark that Excel looks for."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator)
    buffer.write(BOM)
    for row in rows:
        writer.writerow([cell_quote(cell) if isinstance(cell, str) else cell for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def table_read(content: bytes) -> Iterator[Line]:
    """The lines of a CSV file that are not empty, their cells unquoted and without space around them.

    UTF-8 with or without a mark, UTF-16 with one, else Windows-1252, which is what Excel writes in Brazil; the
    separator is the one of comma, semicolon and tab that the first line has most of. Raises ``InvalidTable``, for a
    line of more than ``MOST_CELLS`` cells too.
    """
    text = _decoded(content)
    if _NUL in text:
        raise InvalidTable
    head = text.partition("\n")[0]
    separator = max(SEPARATORS.values(), key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    before = 0
    try:
        for cells in reader:
            number, before = before + 1, reader.line_num
            if len(cells) > MOST_CELLS:
                wide = _("Line %(number)d has more than %(most)d cells.") % {"number": number, "most": MOST_CELLS}
                raise InvalidTable(wide)
            plain = [cell_unquote(cell.strip()) for cell in cells]
            if any(plain):
                yield Line(number, plain)
    except csv.Error as error:
        text_of_line = _("Line %(number)d is not well-formed CSV.") % {"number": before + 1}
        raise InvalidTable(text_of_line) from error


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidTable
