"""docs/security.md names tests that exist, and each item of the standard once."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.structure import ROOT, FunctionNode

DOCUMENT = ROOT / "docs" / "security.md"
CHAPTERS = range(1, 17)
ROW = re.compile(r"^\| (?P<item>\d+\.\d+\.\d+) \| (?P<level>[12]) \| (?P<rest>.+) \|$", re.MULTILINE)
TEST = re.compile(r"`(?P<path>[\w/]+\.py)::(?P<name>\w+)`")


def text() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


@cache
def names_in(path: Path) -> frozenset[str]:
    """Names of all tests of a file, those of classes too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, FunctionNode))


def test_it_works() -> None:
    chapters = {int(row["item"].split(".")[0]) for row in ROW.finditer(text())}
    assert chapters == set(CHAPTERS)


def test_no_item_stands_twice() -> None:
    counted = Counter(row["item"] for row in ROW.finditer(text()))
    assert not [item for item, times in counted.items() if times > 1]


def test_items_stand_in_order() -> None:
    items = [tuple(map(int, row["item"].split("."))) for row in ROW.finditer(text())]
    assert items == sorted(items)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_test_that_is_named_exists(chapter: int) -> None:
    named = {
        (found["path"], found["name"])
        for row in ROW.finditer(text())
        if row["item"].startswith(f"{chapter}.")
        for found in TEST.finditer(row["rest"])
    }
    assert named
    for path, name in sorted(named):
        assert (ROOT / path).is_file(), f"there is no {path}"
        assert name.startswith("test_"), f"{name} is no test"
        assert name in names_in(ROOT / path), f"{path} has no {name}"


def test_what_is_met_is_shown() -> None:
    """A row without a test says why: not relevant, not met, or a matter of documents and of who runs the product."""
    silent = [
        row["item"] for row in ROW.finditer(text()) if not TEST.search(row["rest"]) and not _explained(row["rest"])
    ]
    assert not silent


def _explained(rest: str) -> bool:
    return any(word in rest for word in ("not relevant", "not met", "written down", "whoever runs it", "](", "see 12."))
