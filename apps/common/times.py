"""Durations in words that mean the same in every language we speak, and zones by their names."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def duration_text(seconds: float) -> str:
    """``< 1 s``, ``42 s``, ``3 min 07 s``, ``1 h 02 min``, ``2 d 3 h``; ``moments.js`` writes the same."""
    whole = max(0, int(seconds))
    if whole < 1:
        return "< 1 s"
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of this name, wherever the name comes from; None where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
