from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from apps.robots.packages.trees import tree_usage
from apps.robots.sandbox.artifacts import _unique, artifact_files, other_entries


def test_it_works(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "report.txt").write_text("result")
    (tmp_path / "sub" / "ä.csv").write_text("a,b")
    found = list(artifact_files(tmp_path))
    assert [(file.name, file.size) for file in found] == [("report.txt", 6), ("sub/ä.csv", 3)]
    with found[0].open() as content:
        assert content.read() == b"result"


def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "directory").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    assert list(artifact_files(tmp_path)) == []
    assert list(other_entries(tmp_path)) == ["directory", "link", "pipe"]


def test_a_file_that_became_a_link_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (found,) = artifact_files(tmp_path)
    (tmp_path / "file").unlink()
    (tmp_path / "file").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic links"):
        found.open()


def test_names_are_safe_and_unique(tmp_path: Path) -> None:
    for name in (b"a\nb", b"a\rb", b"\xff.txt", "x\u202etxt.exe".encode(), b"back\\slash", b"n" * 250):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()
    assert [file.name for file in artifact_files(tmp_path)] == [
        "a_b",
        "2-a_b",
        "back_slash",
        "n" * 250,
        "x_txt.exe",
        "_.txt",
    ]


class Looked(set[str]):
    """Counts how often it is asked."""

    times = 0

    def __contains__(self, name: object) -> bool:
        self.times += 1
        return super().__contains__(name)


@pytest.mark.parametrize("name", ["short", "n" * 250])
def test_names_that_are_alike_once_safe_are_numbered_in_one_go(name: str) -> None:
    taken, numbers = Looked(), Counter[str]()
    for _number in range(500):
        _unique(name, taken, numbers)
    assert len(taken) == 500
    assert taken.times < 2 * 500


def test_locked_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_text("x")
    (tmp_path / "sub" / "file").chmod(0)
    (tmp_path / "sub").chmod(0)
    (found,) = artifact_files(tmp_path)
    with found.open() as content:
        assert content.read() == b"x"


def test_holes_count(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10**9)
    assert tree_usage(tmp_path).bytes == 10**9
