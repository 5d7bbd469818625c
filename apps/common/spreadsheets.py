"""Values as cells of files that spreadsheets open. Whoever writes the file quotes what one would run as a formula."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.common.tables import Cell


def cell_of(value: Any) -> Cell:
    """A value as a cell: numbers and texts as they are, times in ISO 8601, structures as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
