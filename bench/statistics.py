"""Medians, spreads and the rule that makes a row void. No clock and no database here."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

VOID_ABOVE = 0.30


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least ``percent`` of 100 values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("a percentile needs values")
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


def spread(values: Sequence[float]) -> float:
    """How far the farthest value lies from the median, as a share of the median: all lie within median ± spread."""
    middle = median(values)
    if middle == 0:
        return 0.0 if not any(values) else math.inf
    return max(abs(value - middle) for value in values) / abs(middle)


def moved(baselines: Sequence[float]) -> bool:
    """Whether a baseline moved so much during its row that the machine, not the product, was measured."""
    return bool(baselines) and spread(baselines) > VOID_ABOVE
