"""Colours that people can read: an organization's own colour as the accent of its pages, at WCAG's contrasts.

Pure maths on sRGB. Whatever colour is given, text in it and text on it reach 4.5:1 in the light and the dark theme.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_HEX = re.compile(r"#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")
_SHORT = 3
_STEPS = 100
_LINEAR_BELOW = 0.04045  # where sRGB's curve begins
TEXT_CONTRAST: Final = 4.5
SHAPE_CONTRAST: Final = 3.0
DEFAULT_ACCENT: Final = "0b6b75"


@dataclass(frozen=True, slots=True)
class Color:
    """Red, green and blue, 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """Relative luminance, as WCAG defines it."""
        red, green, blue = (_linear(channel / 255) for channel in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def mixed(self, other: Color, share: float) -> Color:
        """This colour with a share (0-1) of another."""
        pairs = ((self.red, other.red), (self.green, other.green), (self.blue, other.blue))
        return Color(*(round(mine + (theirs - mine) * share) for mine, theirs in pairs))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _LINEAR_BELOW else ((channel + 0.055) / 1.055) ** 2.4


def color_of(text: str) -> Color | None:
    """``#abc`` or ``#aabbcc``, with or without ``#``; None for anything else."""
    if not _HEX.match(text):
        return None
    digits = text.removeprefix("#")
    if len(digits) == _SHORT:
        digits = "".join(digit * 2 for digit in digits)
    return Color(*bytes.fromhex(digits))


def contrast(one: Color, other: Color) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    brighter, darker = sorted((one.luminance, other.luminance), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


WHITE, BLACK = Color(255, 255, 255), Color(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Scheme:
    """The surfaces text stands on (the page, what is sunken, what is raised), and the end readable colours lie at."""

    surfaces: tuple[Color, ...]
    raised: Color
    end: Color


LIGHT: Final = Scheme((Color(246, 247, 248), Color(238, 240, 242)), WHITE, BLACK)
DARK: Final = Scheme((Color(15, 19, 23), Color(17, 22, 26), Color(32, 39, 46)), Color(23, 28, 33), WHITE)
"""The same values as in ``tokens.css``."""


@dataclass(frozen=True, slots=True)
class Accent:
    """One accent in one scheme: as a surface with text on it, as text, and as a tint behind that text."""

    fill: Color
    on_fill: Color
    strong: Color
    text: Color
    soft: Color


def accent_of(brand: Color, scheme: Scheme) -> Accent:
    """The brand's colour, moved no further than its contrasts need."""
    fill = _moved(brand, (scheme.raised,), scheme.end, SHAPE_CONTRAST)
    on_fill = WHITE if contrast(fill, WHITE) >= TEXT_CONTRAST else BLACK
    soft = scheme.raised.mixed(fill, 0.12)
    return Accent(
        fill=fill,
        on_fill=on_fill,
        strong=fill.mixed(BLACK if on_fill is WHITE else WHITE, 0.14),
        text=_moved(brand, (*scheme.surfaces, scheme.raised, soft), scheme.end, TEXT_CONTRAST),
        soft=soft,
    )


def _moved(color: Color, against: tuple[Color, ...], end: Color, ratio: float) -> Color:
    """The nearest mixture of the colour with an end that has the contrast to all of them."""
    for step in range(_STEPS + 1):
        candidate = color.mixed(end, step / _STEPS)
        if all(contrast(candidate, surface) >= ratio for surface in against):
            return candidate
    return end


def accent_css(brand: Color) -> str:
    """The accent's custom properties, for both schemes, as a style sheet."""
    light, dark = accent_of(brand, LIGHT), accent_of(brand, DARK)
    pairs = {
        "accent": (light.fill, dark.fill),
        "on-accent": (light.on_fill, dark.on_fill),
        "accent-strong": (light.strong, dark.strong),
        "accent-text": (light.text, dark.text),
        "accent-soft": (light.soft, dark.soft),
    }
    lines = "".join(f"  --{name}: light-dark({by_day}, {by_night});\n" for name, (by_day, by_night) in pairs.items())
    return f":root {{\n{lines}}}\n"
