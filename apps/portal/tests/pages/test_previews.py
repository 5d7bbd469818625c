"""What a file is for a reader, decided from its first bytes."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.portal.pages.previews import COLUMNS, PREVIEW_BYTES, ROWS, Kind, preview_of


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.csv", b"a,b\n1,2\n", [["1", "2"]]),
        ("a.csv", b"a;b\n1;2\n", [["1", "2"]]),
        ("a.CSV", b"a\tb\n1\t2\n", [["1", "2"]]),
        ("a.csv", b'a;"b,c,d"\n1;2\n', [["1", "2"]]),
        ("a.csv", b"a\n1\n", [["1"]]),
        ("a.tsv", b"a\tb,c\n1\t2\n", [["1", "2"]]),
        ("a.csv", b'a,b\n"x\ny",2\n', [["x\ny", "2"]]),
        ("a.csv", b"a,b\n1\n1,2\n\n", [["1", ""], ["1", "2"]]),
        ("a.csv", b"\xef\xbb\xbfa,b\n1,2\n", [["1", "2"]]),
    ],
)
def test_tables(name: str, content: bytes, rows: list[list[str]]) -> None:
    preview = preview_of(name, "text/csv", content, size=len(content))
    assert (preview.kind, preview.rows) == (Kind.TABLE, rows)
    assert preview.header[0] == "a"


def test_tables_are_bounded() -> None:
    content = b"".join(b",".join([b"1"] * 60) + b"\n" for _ in range(600))
    preview = preview_of("a.csv", "text/csv", content, size=len(content))
    assert (len(preview.rows), len(preview.header), preview.cut) == (ROWS, COLUMNS, True)


@pytest.mark.parametrize("piece", [b'\n"', b',"', b'"', b'",', b'"\n,'])
def test_quotes_without_end_are_shown_like_anything_else(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(csv, "Sniffer")  # the library's guess at a separator takes half a second for each of these
    content = piece * (PREVIEW_BYTES // len(piece))
    assert preview_of("a.csv", "text/csv", content, size=len(content)).kind in {Kind.TABLE, Kind.TEXT}


def test_a_row_that_was_cut_is_left_out() -> None:
    preview = preview_of("a.csv", "text/csv", b"a,b\n1,2\n3,", size=10**6)
    assert (preview.rows, preview.cut) == ([["1", "2"]], True)


def test_a_character_that_was_cut_is_left_out() -> None:
    preview = preview_of("a.txt", "text/plain", "ação".encode()[:4], size=10**6)
    assert preview.text == "aç"


def test_old_encodings_can_be_read() -> None:
    assert preview_of("a.txt", "text/plain", "ação".encode("cp1252"), size=4).text == "ação"


@given(
    name=st.sampled_from(["a.csv", "a.tsv", "a.txt", "a", ".csv"]), content=st.binary(max_size=300), more=st.booleans()
)
def test_nothing_breaks_it(name: str, content: bytes, more: bool) -> None:
    preview = preview_of(name, "application/octet-stream", content, size=len(content) + more)
    assert preview.kind in {Kind.TABLE, Kind.TEXT, Kind.NONE}
    assert all(len(row) == len(preview.header) for row in preview.rows)
