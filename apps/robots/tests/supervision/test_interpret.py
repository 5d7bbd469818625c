from __future__ import annotations

import time

import pytest

from apps.robots.supervision.protocol import interpret
from apps.robots.supervision.records import Level, Progress, Stream


def progress(line: str) -> Progress | None:
    return interpret(line, Stream.STDOUT).progress


def test_it_works() -> None:
    assert progress("::progress done=3 total=10 message=reading a=b file::") == Progress(3, 10, "reading a=b file")
    assert interpret("::warning::careful", Stream.STDOUT)[:2] == (Level.WARNING, "careful")
    assert interpret("::error::bad", Stream.STDOUT)[:2] == (Level.ERROR, "bad")
    assert interpret("::group::Load", Stream.STDERR)[:2] == (Level.INFO, "::group::Load")
    assert interpret("::endgroup::", Stream.STDOUT)[:2] == (Level.INFO, "::endgroup::")


def test_streams_have_levels() -> None:
    assert interpret("plain", Stream.STDOUT)[:2] == (Level.INFO, "plain")
    assert interpret("plain", Stream.STDERR)[:2] == (Level.ERROR, "plain")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("::progress done=1::", Progress(1)),
        ("::progress total=5 done=1:: ", Progress(1, 5)),
        ("::progress done=1 message=::", Progress(1)),
        ("::progress done=0 total=0 message=a::b::", Progress(0, 0, "a::b")),
        (f"::progress done=1 message={'x' * 900}::", Progress(1, None, "x" * 500)),
    ],
)
def test_forms_of_progress(line: str, expected: Progress) -> None:
    assert progress(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "::progress::", "::progress done=::", "::progress done=-1::", "::progress done=1.5::", "::progress done=1",
        "::progress done=1 total=x::", "::progress done=1 speed=3::", "::progress done=99999999999999999999::",
        "::progress done=9223372036854775808::", "::progress done=\u0663::",
        " ::progress done=1::", "::progressdone=1::",
        "::progress total=3::", "::progress done=1 done=2::", "::", ":::", "::unknown::x",
    ],
)  # fmt: skip
def test_anything_else_is_a_plain_line(line: str) -> None:
    assert interpret(line, Stream.STDOUT) == (Level.INFO, line, None)


def test_hostile_lines_cost_little() -> None:
    began = time.process_time()
    for line in ("::progress done=1" + " " * 16_000, "::progress " + "done=1 " * 2_000 + "::", "::" * 8_000):
        for _ in range(50):
            progress(line)
    assert time.process_time() - began < 10
