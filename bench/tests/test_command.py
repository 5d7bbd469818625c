"""``python -m bench``: which rows it takes, and what it keeps."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.figures import Figure, Target


def test_it_works() -> None:
    assert command._chosen(["viewers", "robot-runs"]) == ["robot_runs", "viewers"]
    assert command._chosen([]) == list(command.ROWS)


def test_a_row_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command._chosen(["robot-walks"])
    assert "no such row: robot_walks" in capsys.readouterr().err


@pytest.mark.parametrize("name", command.ROWS)
def test_every_row_has_a_module_that_measures(name: str) -> None:
    assert callable(importlib.import_module(f"bench.rows.{name}").measure)


def test_rows_measured_alone_leave_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results.json")
    command._write([Figure("a", "ms", Target(2), [1], [1]), Figure("b", "ms", Target(2), [1], [1])])
    command._write([Figure("b", "ms", Target(2), [3], [1])])
    found = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert [(row["row"], row["ratio"], row["ok"]) for row in found] == [("a", 1.0, True), ("b", 3.0, False)]
