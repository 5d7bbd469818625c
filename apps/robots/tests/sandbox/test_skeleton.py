from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.robots.sandbox.skeleton import skeleton


def test_it_works(tmp_path: Path) -> None:
    root = skeleton(tmp_path, [Path("/opt/python")])
    assert (root / "opt/python").is_dir()
    assert skeleton(tmp_path, [Path("/opt/python")]) == root
    assert skeleton(tmp_path, []) != root


def test_one_that_is_being_built_may_have_its_name_by_the_time_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed(directory: Path) -> Iterator[Path]:
        yield directory / ".building-elsewhere"

    monkeypatch.setattr(Path, "iterdir", listed)
    assert skeleton(tmp_path, []).is_dir()
