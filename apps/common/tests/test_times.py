"""Durations and zones."""

from __future__ import annotations

import pytest

from apps.common.times import duration_text, zone_named


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "< 1 s"),
        (0.9, "< 1 s"),
        (59.9, "59 s"),
        (60, "1 min 00 s"),
        (3_599, "59 min 59 s"),
        (3_720, "1 h 02 min"),
        (97_200, "1 d 3 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../../etc/passwd", "/etc/passwd", "\x00", "x" * 1000, "Europe"])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone_named(name) is None


def test_zones_by_name() -> None:
    assert str(zone_named("America/Sao_Paulo")) == "America/Sao_Paulo"
