"""``python -m bench``: which rows it takes, and what it keeps."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.figures import Figure, Target

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"


def test_it_works() -> None:
    assert command._chosen(["viewers", "robot-runs"]) == ["robot_runs", "viewers"]
    assert command._chosen([]) == list(command.ROWS)


def test_rows_are_known_by_their_names_in_the_table() -> None:
    """As docs/performance.md heads them, and as results.json keeps them."""
    headings = re.findall(r"^### (.*)$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    rows = [name for heading in headings if ": at " in heading for name in re.findall(r"[a-z0-9-]+(?=[,:])", heading)]
    assert {"people-list", "sign-in-10000-organizations", "viewers-stalled", "many-schemas-p95"} <= {*rows}
    assert set(map(tuple, (command._chosen([name]) for name in rows))) == {(name,) for name in command.ROWS}
    assert command._chosen(["grants-check", "people-list"]) == ["big_organization"]


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
