"""Rounds of a row and its baseline, in turns, so that whatever else the machine does hits both alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

ROUNDS = 7


def in_turns(
    value: Callable[[], float], baseline: Callable[[], float], *, rounds: int = ROUNDS
) -> tuple[list[float], list[float]]:
    """Measures both ``rounds`` times, the order changing from round to round; returns values and baselines."""
    values: list[float] = []
    baselines: list[float] = []
    turns: Sequence[tuple[Callable[[], float], list[float]]] = [(value, values), (baseline, baselines)]
    for number in range(rounds):
        for measure, kept in turns if number % 2 == 0 else turns[::-1]:
            kept.append(measure())
    return values, baselines
