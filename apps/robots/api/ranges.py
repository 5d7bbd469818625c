"""The ``Range`` header (RFC 9110, section 14): one range of bytes; whatever is not that is ignored."""

from __future__ import annotations

import re

from apps.common.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*\Z", re.IGNORECASE)


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte wanted, or None for the whole; raises ``RangeNotSatisfiable`` outside the file.

    Several ranges and other units are ignored, as the standard allows.
    """
    found = _ONE_RANGE.match(header.strip()) if header else None
    if found is None or found.groups() == ("", ""):
        return None
    first_text, last_text = found.groups()
    if not first_text:
        length = int(last_text)
        first, last = max(size - length, 0), size - 1
        satisfiable = length > 0 and size > 0
    else:
        first, last = int(first_text), min(int(last_text), size - 1) if last_text else size - 1
        if last_text and int(last_text) < first:
            return None
        satisfiable = first < size
    if not satisfiable:
        raise RangeNotSatisfiable(extra={"size": size})
    return first, last
