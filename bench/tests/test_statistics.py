"""Medians, percentiles, spreads, and when a row is void."""

from __future__ import annotations

import math

import pytest

from bench.statistics import median, moved, percentile, spread


def test_it_works() -> None:
    assert median([3, 1, 2]) == 2
    assert median([1, 2, 3, 4]) == 2.5
    assert spread([90, 100, 130]) == pytest.approx(0.3)


@pytest.mark.parametrize(("percent", "expected"), [(50, 5), (95, 10), (99, 10), (100, 10), (1, 1), (10, 1), (11, 2)])
def test_percentiles_are_values_that_were_measured(percent: float, expected: float) -> None:
    assert percentile([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], percent) == expected


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs values"):
        percentile([], 99)


def test_a_baseline_that_stayed_within_thirty_percent_did_not_move() -> None:
    assert not moved([100, 100, 129, 71, 100])


@pytest.mark.parametrize("baselines", [[100, 100, 131], [100, 100, 69]])
def test_a_baseline_moves_by_one_round_too_far_from_its_median(baselines: list[float]) -> None:
    assert moved(baselines)


def test_no_baseline_does_not_move() -> None:
    assert not moved([])


def test_spread_around_zero() -> None:
    assert spread([0, 0, 0]) == 0
    assert spread([0, 0, 1]) == math.inf
