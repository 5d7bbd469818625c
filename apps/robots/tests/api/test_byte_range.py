from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.errors import RangeNotSatisfiable
from apps.robots.api.ranges import byte_range


def test_it_works() -> None:
    assert byte_range("bytes=2-4", 10) == (2, 4)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("Bytes = 1-2", None),
        ("BYTES=1-2", (1, 2)),
        ("bytes= 1 - 2 ", (1, 2)),
        ("bytes=9-", (9, 9)),
        ("bytes=-1", (9, 9)),
        ("bytes=0-99", (0, 9)),
        ("bytes=1-2,3-4", None),
        ("bytes=²-3", None),
    ],
)
def test_forms(header: str | None, expected: tuple[int, int] | None) -> None:
    assert byte_range(header, 10) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=0-", 0), ("bytes=-0", 10), ("bytes=-5", 0)])
def test_outside(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        byte_range(header, size)


@given(st.text(max_size=30) | st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True), st.integers(0, 1000))
def test_any_header_lies_inside_the_file(header: str, size: int) -> None:
    try:
        span = byte_range(header, size)
    except RangeNotSatisfiable:
        return
    assert span is None or 0 <= span[0] <= span[1] < size
