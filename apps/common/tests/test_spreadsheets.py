"""Values as cells; what a spreadsheet would run is quoted, and nothing is lost on the way there and back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.spreadsheets import cell_of
from apps.common.tables import cell_quote, cell_unquote, sheet_quote


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain", "plain"),
        ("it's", "it's"),
        ("", ""),
        (None, ""),
        (True, "true"),
        (-5, -5),
        (1.5, 1.5),
        (Decimal("-2.50"), Decimal("-2.50")),
        (date(2026, 2, 1), "2026-02-01"),
        (datetime(2026, 2, 1, 9, 30, tzinfo=UTC), "2026-02-01T09:30:00+00:00"),
        (["dp", "rh"], '["dp", "rh"]'),
        ({"período": None}, '{"período": null}'),
    ],
)
def test_it_works(value: Any, cell: Any) -> None:
    assert cell_of(value) == cell
    assert type(cell_of(value)) is type(cell)


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "'=", "''@"])
def test_what_would_be_run_is_quoted(first: str) -> None:
    text = f"{first}cmd|' /C calc'!A0"
    assert cell_quote(text) == sheet_quote(text) == f"'{text}"


@given(st.text("'=+-@\t a", max_size=6) | st.text())
def test_quoting_is_undone(text: str) -> None:
    assert cell_unquote(cell_quote(text)) == text
    assert sheet_quote(text) in {text, f"'{text}"}
    assert cell_quote(text)[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}
