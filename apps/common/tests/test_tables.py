"""Tables of text: what spreadsheets write is read, and what is written no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.errors import InvalidTable
from apps.common.tables import MOST_CELLS, SEPARATORS, cell_quote, cell_unquote, table_lines, table_read


def read(content: bytes) -> list[tuple[int, list[str]]]:
    return [(line.number, line.cells) for line in table_read(content)]


def test_it_works() -> None:
    assert read(b"email,name\r\na@x.example,Ana\r\n") == [(1, ["email", "name"]), (2, ["a@x.example", "Ana"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", SEPARATORS.values())
def test_encodings_and_separators(encoding: str, separator: str) -> None:
    text = separator.join(["email", "name"]) + "\r\n" + separator.join(["a@x.example", "João; Ação, S.A."])
    quoted = text.replace("João; Ação, S.A.", '"João; Ação, S.A."')
    assert read(quoted.encode(encoding))[1] == (2, ["a@x.example", "João; Ação, S.A."])


def test_empty_lines_are_passed_over_and_counted() -> None:
    assert read(b'a,b\n\n,\n"x\ny",z\n1,2\n') == [(1, ["a", "b"]), (4, ["x\ny", "z"]), (6, ["1", "2"])]


@pytest.mark.parametrize("content", [b'a,b\n"x', b'a\n"x"y\n', b"a\nx\x00y\n", "a\nç".encode("utf-16")[:-1], b"\x81"])
def test_what_is_no_table(content: bytes) -> None:
    with pytest.raises(InvalidTable):
        read(content)


def test_a_cell_without_end_is_refused() -> None:
    with pytest.raises(InvalidTable):
        read(b"a\n" + b"x" * 200_000)


def test_a_line_of_too_many_cells_is_refused() -> None:
    """Else a short file of long headings and many lines would become gigabytes."""
    assert len(read(b"," * (MOST_CELLS - 1) + b"a\n")[0][1]) == MOST_CELLS
    for content in (b"a" + b"," * MOST_CELLS, b"a\n" + b"," * MOST_CELLS):
        with pytest.raises(InvalidTable, match="more than 256 cells"):
            read(content)


@pytest.mark.parametrize("text", ["=1+1", "+55 11", "-1", "@SUM(A1)", "\n", "\x1b[0m", "'=1", "''=1"])
def test_formulas_are_quoted(text: str) -> None:
    assert cell_quote(text) == f"'{text}"
    assert cell_unquote(cell_quote(text)) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Ana;=1+1", "Ana;'=1+1"),
        ("Ana,@SUM(A1)", "Ana,'@SUM(A1)"),
        ("Ana\t+1", "Ana\t'+1"),
        ("Ana\r\n=1", "Ana\r\n'=1"),
        ("\t=1", "'\t'=1"),
        ('Ana;"=1', "Ana;'\"=1"),
        ("=1;'=1", "'=1;''=1"),
    ],
)
def test_nor_are_there_formulas_behind_other_separators(text: str, cell: str) -> None:
    """A file with commas is opened where a semicolon separates, which is Brazil."""
    assert cell_quote(text) == cell
    assert cell_unquote(cell) == text


@pytest.mark.parametrize("text", ["", "Ana", "a=b", "'tis", "''", " =1", "x-1", "a, -b; =c", "[1, -2]"])
def test_and_nothing_else(text: str) -> None:
    assert cell_quote(text) == text
    assert cell_unquote(text) == text


@given(st.text())
def test_what_is_quoted_comes_back(text: str) -> None:
    assert cell_unquote(cell_quote(text)) == text
    assert cell_quote(text)[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}


@given(st.text(alphabet="a'=+-@,;\t\r\n\"", max_size=12), st.sampled_from(list(SEPARATORS.values())))
def test_no_spreadsheet_finds_a_formula_whatever_it_splits_at(text: str, separator: str) -> None:
    lines = re.split("[\r\n]", "".join(table_lines([["name", text, "more"]]))[1:])
    cells = [cell for row in csv.reader(lines, delimiter=separator) for cell in row]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@"}]
    assert cell_unquote(cell_quote(text)) == text


def test_lines_are_csv_with_a_mark() -> None:
    lines = list(table_lines([["name", "phone"], ['A "b"; c', "+55"]], separator=";"))
    assert lines[0].startswith("\ufeff")
    [head, row] = csv.reader(io.StringIO("".join(lines)[1:]), delimiter=";")
    assert (head, row) == (["name", "phone"], ['A "b"; c', "'+55"])
    assert read("".join(lines).encode())[1] == (2, ['A "b"; c', "+55"])
