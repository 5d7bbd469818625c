from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import pytest

from apps.robots.packages.trees import tree_usage
from apps.robots.sandbox.artifacts import artifact_files, other_entries


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


@pytest.mark.parametrize("end", ["", "n" * 250])
def test_names_that_are_alike_once_safe_take_no_longer_each(tmp_path: Path, end: str) -> None:
    signs = [chr(code) for code in range(1, 32) if chr(code) not in "\n\r"]
    for name in itertools.islice(itertools.product(signs, repeat=3), 5_000):
        os.close(os.open(tmp_path / ("".join(name) + end), os.O_CREAT | os.O_WRONLY))
    began = time.process_time()
    names = {file.name for file in artifact_files(tmp_path)}
    assert len(names) == 5_000
    assert time.process_time() - began < 10


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
