"""Directories of runs, and the thread that removes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from apps.common import threads
from apps.common.testing import eventually
from apps.robots.sandbox import directories
from apps.robots.sandbox.directories import directories_removed, run_directory


def test_it_works(tmp_path: Path) -> None:
    with run_directory(tmp_path / "runs", "one") as root:
        (root / "mark").touch()
    assert directories_removed()
    assert not root.exists()


def test_whatever_goes_wrong_is_told_and_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_root: Path) -> None:
        raise ValueError

    monkeypatch.setattr(threads, "PAUSE_SECONDS", 0.01)
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(directories, "remove_tree", refuse)
        with run_directory(tmp_path / "runs", "one"):
            pass
        eventually(lambda: [(entry["event"], entry["thread"]) for entry in logs] == [("thread_failed", "remover")])
    with run_directory(tmp_path / "runs", "two") as root:
        pass
    assert directories_removed()
    assert not root.exists()
