"""What is one line, and reads in the order in which it is written."""

from __future__ import annotations

import pytest

from apps.common.errors import InvalidInput
from apps.common.lines import check_lines, is_line


@pytest.mark.parametrize(
    "text", ["", "Ana", "São Paulo", "مريم\u200f", "דנה\u200e (IT)", "👩\u200d🔧", "a b", "O'Neil"]
)
def test_it_works(text: str) -> None:
    assert is_line(text)


@pytest.mark.parametrize(
    "text", ["two\nlines", "two\rlines", "a\tb", "a\x00b", "a\x85b", "a\u2028b", "a\u2029b", "\ud800"]
)
def test_more_than_a_line(text: str) -> None:
    assert not is_line(text)


@pytest.mark.parametrize("sign", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_signs_that_turn_what_follows(sign: str) -> None:
    assert not is_line(f"invoice{sign}fdp.exe")


def test_refusals_name_the_fields() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_lines({"name": "two\nlines", "phone": None, "department": "Sales", "username": "\u202e"})
    assert set(refused.value.errors or {}) == {"name", "username"}
