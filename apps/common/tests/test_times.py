"""Durations and zones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.formats import date_format
from django.utils.translation import override

from apps.common.admin_display import moment_text
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


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "May 3, 2026, 3:07 PM", "May 3, 2026"),
        ("pt-br", "3 de mai. de 2026, 15:07", "3 de mai. de 2026"),
    ],
)
def test_times_are_written_as_browsers_write_them(language: str, text: str, day: str) -> None:
    """What ``moments.js`` writes in the place of them, and what stands beside them, are of one form."""
    when = datetime(2026, 5, 3, 15, 7, tzinfo=UTC)
    with override(language):
        assert moment_text(when) == date_format(when, "DATETIME_FORMAT") == text
        assert date_format(when, "DATE_FORMAT") == date_format(when, "SHORT_DATE_FORMAT") == day


def test_no_word_of_ours_is_taken_for_a_month() -> None:
    """The text "May" without a context is Django's name of one."""
    with override("pt-br"):
        assert str(MONTHS[5]) == "Maio"
        assert str(MONTHS_3[5]) == "mai"
