"""Whatever colour an organization chooses, its pages can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.common.colors import (
    BLACK,
    DARK,
    DEFAULT_ACCENT,
    LIGHT,
    SHAPE_CONTRAST,
    TEXT_CONTRAST,
    WHITE,
    Color,
    Scheme,
    accent_css,
    accent_of,
    color_of,
    contrast,
)

CHANNEL = st.integers(0, 255)
COLORS = st.builds(Color, CHANNEL, CHANNEL, CHANNEL)


def test_it_works(api: APIClient) -> None:
    answer = api.get("/theme/7a2048.css")
    assert answer["Content-Type"].startswith("text/css")
    assert "immutable" in answer["Cache-Control"]
    assert "--accent: light-dark(#7a2048," in answer.content.decode()


@pytest.mark.parametrize("address", ["/theme/7a20.css", "/theme/GGGGGG.css", "/theme/7a2048;.css", "/theme/.css"])
def test_what_is_no_color_has_no_sheet(api: APIClient, address: str) -> None:
    assert api.get(address).status_code == 404


@pytest.mark.parametrize(("text", "color"), [("#abc", Color(170, 187, 204)), ("0b6b75", Color(11, 107, 117))])
def test_both_spellings(text: str, color: Color) -> None:
    assert color_of(text) == color


@pytest.mark.parametrize("text", ["", "#", "#ab", "#abcd", "red", "#abc;}", "#aabbcc\n", "#١٢٣"])
def test_anything_else_is_none(text: str) -> None:
    assert color_of(text) is None


def test_contrast_is_wcags() -> None:
    assert contrast(WHITE, Color(0, 0, 0)) == pytest.approx(21)
    assert contrast(Color(119, 119, 119), WHITE) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@given(brand=COLORS)
def test_every_color_is_readable(scheme: Scheme, brand: Color) -> None:
    accent = accent_of(brand, scheme)
    assert contrast(accent.fill, scheme.raised) >= SHAPE_CONTRAST
    assert contrast(accent.on_fill, accent.fill) >= TEXT_CONTRAST
    assert contrast(accent.on_fill, accent.strong) >= TEXT_CONTRAST
    for surface in (*scheme.surfaces, scheme.raised, accent.soft):
        assert contrast(accent.text, surface) >= TEXT_CONTRAST


def test_a_readable_color_stays_as_it_is() -> None:
    brand = color_of("#7a2048")
    assert brand is not None
    assert accent_of(brand, LIGHT).fill == brand
    assert accent_of(brand, LIGHT).on_fill == WHITE
    assert accent_of(Color(255, 221, 87), DARK).on_fill == BLACK


def test_the_default_is_what_the_sheet_says() -> None:
    from django.contrib.staticfiles import finders  # noqa: PLC0415  # only here

    tokens = open(str(finders.find("common/tokens.css")), encoding="utf-8").read()  # noqa: PTH123, SIM115
    default = color_of(DEFAULT_ACCENT)
    assert default is not None
    for line in accent_css(default).splitlines()[1:-1]:
        assert line.strip() in tokens
