"""Values as cells of files that spreadsheets open; a text that one would run as a formula is quoted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.common.tables import cell_quote


def cell_of(value: Any) -> str | int | float | Decimal:
    """A value as a cell: numbers as they are, times in ISO 8601, structures as JSON, texts quoted where need be."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping | list | tuple):
        return cell_quote(json.dumps(value, ensure_ascii=False))
    return cell_quote(str(value))
