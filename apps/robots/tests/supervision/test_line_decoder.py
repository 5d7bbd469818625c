from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.robots.supervision.lines import LineDecoder


def decode(*pieces: bytes, longest: int = 16 * 1024) -> list[bytes]:
    decoder = LineDecoder(longest)
    lines = [line for piece in pieces for line in decoder.feed(piece)]
    return lines + decoder.finish()


def test_it_works() -> None:
    assert decode(b"one\ntwo", b" more\n\nlast") == [b"one", b"two more", b"", b"last"]


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"a\r\nb\r\n"], [b"a", b"b"]),
        ([b"a\r", b"\nb"], [b"a", b"b"]),
        ([b"10%\r20%\r", b"30%\n"], [b"10%", b"20%", b"30%"]),
        ([b"a\r", b"", b"\n"], [b"a"]),
        ([b"a\r", b"b"], [b"a", b"b"]),
        ([b"\n\n"], [b"", b""]),
        ([b"a\0b\0\n", b"\0"], [b"ab"]),
        ([b"\x1b[31mred\x1b[0m\n"], [b"\x1b[31mred\x1b[0m"]),
        ([b"\x0b\x0c\x85\n"], [b"\x0b\x0c\x85"]),
        ([b""], []),
    ],
)
def test_line_ends(pieces: list[bytes], lines: list[bytes]) -> None:
    assert decode(*pieces) == lines


def test_a_long_line_is_split() -> None:
    assert decode(b"x" * 25 + b"\nok\n", longest=10) == [b"x" * 10, b"x" * 10, b"x" * 5, b"ok"]


def test_a_line_of_exactly_the_limit_is_whole() -> None:
    assert decode(b"x" * 10 + b"\n", longest=10) == [b"x" * 10]


@pytest.mark.parametrize("character", ["é", "€", "😀"])
def test_a_split_never_cuts_a_character(character: str) -> None:
    for lead in range(5):
        text = "x" * lead + character * 30
        lines = decode(text.encode(), longest=10)
        assert all(len(line) <= 10 for line in lines)
        assert "".join(line.decode() for line in lines) == text


def test_what_is_no_text_is_split_too() -> None:
    assert all(len(line) <= 10 for line in decode(b"\x80" * 95, longest=10))


def test_an_endless_line_holds_little_memory() -> None:
    decoder = LineDecoder()
    for _ in range(200):
        decoder.feed(b"x" * 65_536)
        assert len(decoder._rest) <= 16 * 1024


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(4, 30))
def test_pieces_do_not_matter(pieces: list[bytes], longest: int) -> None:
    whole = b"".join(pieces)
    lines = decode(*pieces, longest=longest)
    assert b"".join(lines) == re.sub(rb"[\0\r\n]", b"", whole)
    assert all(len(line) <= longest for line in lines)
    if not re.search(rb"[^\n\r\0]{%d}" % (longest + 1), whole.replace(b"\0", b"")):
        assert lines == decode(whole, longest=longest)
