"""The leaks still fit into the source; ``make isolation`` plants each, and each must be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.env import BASE_DIR
from tests.isolation.planted import LEAKS, Leak
from tests.isolation.trial import planted


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.name)
def test_each_can_be_planted(leak: Leak, tmp_path: Path) -> None:
    for change in leak.changes:
        (tmp_path / change.file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / change.file).write_text((BASE_DIR / change.file).read_text(encoding="utf-8"), encoding="utf-8")
    planted(leak, tmp_path)
    for change in leak.changes:
        compile((tmp_path / change.file).read_text(encoding="utf-8"), change.file, "exec")


def test_there_are_twenty() -> None:
    assert len({leak.name for leak in LEAKS}) == 20
