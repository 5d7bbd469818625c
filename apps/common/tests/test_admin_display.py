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


def test_lists_of_one_length_are_rows() -> None:
    drawn = str(structure_display([[1, "<a>"], [2, "b"]]))
    assert (drawn.count("<tr>"), drawn.count("<td>"), drawn.count("<th")) == (2, 4, 0)
    assert "&lt;a&gt;" in drawn
    assert "<table" not in str(structure_display([[1, 2], [3]]))
    assert "<table" not in str(structure_display([list(range(5000))]))


@pytest.mark.parametrize("told", ["2026-02-03T12:00:00Z", "2026-02-03T12:00:00.123456+00:00"])
def test_moments_are_times(told: str) -> None:
    assert 'data-moment="minute">Feb 3, 2026, 12:00 PM</time>' in str(structure_display({"at": told}))


@pytest.mark.parametrize(
    "told", ["2026-02-03", "2026-02-03T12:00:00", "2026-02-30T12:00:00Z", "9999-12-31T23:59:59-12:00"]
)
def test_what_is_no_moment_stays_as_it_is(told: str) -> None:
    assert f"<dd>{told}</dd>" in str(structure_display({"at": told}))
