"""Structures of any shape as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from apps.common.admin_display import structure_display


def test_it_works() -> None:
    drawn = str(structure_display([{"name": "A", "done": True}, {"name": "<B>"}]))
    assert drawn.count("<th ") == 2
    assert drawn.count("<td>") == 4
    assert "&lt;B&gt;" in drawn


@pytest.mark.parametrize("columns", [41, 5000])
def test_rows_that_share_no_names_are_no_table(columns: int) -> None:
    """A cell for each name of each row would be a million of them from a few kilobytes."""
    rows: list[dict[str, Any]] = [{} for _row in range(200)]
    for column in range(columns):
        rows[column % 200][f"k{column}"] = 0
    drawn = str(structure_display([row for row in rows if row]))
    assert "<table" not in drawn
    assert drawn.count("<dt>") == columns
