"""What becomes of measured rounds: ratio, verdict, JSON, table."""

from __future__ import annotations

import json

import pytest

from bench.figures import Figure, Target
from bench.table import table

SLOWER = Figure("row", "ms", Target(1.5), values=[20, 21, 22], baselines=[10, 10, 11], note="as it is")


def test_it_works() -> None:
    assert SLOWER.as_json() == {
        "row": "row",
        "value": 21.0,
        "baseline": 10.0,
        "ratio": 2.1,
        "target": "≤ 1.5×",
        "spread": {"value": 0.04762, "baseline": 0.1},
        "void": False,
        "ok": False,
    }
    assert SLOWER.verdict == "MISSED"


@pytest.mark.parametrize(
    ("target", "ok"),
    [(Target(2.1), True), (Target(2.09), False), (Target(2.1, at_least=True), True), (Target(3), True)],
)
def test_a_target_bounds_the_ratio(target: Target, ok: bool) -> None:
    assert Figure("row", "ms", target, [21], [10]).ok is ok


def test_a_target_with_a_unit_bounds_the_value() -> None:
    figure = Figure("row", "s", Target(2, unit="s"), [1.9, 1.8, 2.5])
    assert figure.ok
    assert figure.as_json()["ratio"] is None
    assert figure.as_json()["baseline"] is None
    assert str(figure.target) == "≤ 2 s"


def test_a_row_whose_baseline_moved_is_void_and_not_ok() -> None:
    figure = Figure("row", "ms", Target(5), [20, 20, 20], [10, 10, 14])
    assert figure.void
    assert not figure.ok
    assert figure.verdict == "void"


def test_json_takes_what_was_measured() -> None:
    assert json.loads(json.dumps([SLOWER.as_json()]))[0]["ratio"] == 2.1


def test_the_table_ends_its_lines_with_the_ratio() -> None:
    lines = table([SLOWER]).splitlines()
    assert lines[0].split() == ["row", "value", "baseline", "target", "ratio"]
    assert lines[2].split() == [*("row", "21", "ms", "±5", "%", "10", "ms", "±10", "%", "≤", "1.5×", "MISSED", "2.10×")]
    assert lines[-1] == "row: as it is"
