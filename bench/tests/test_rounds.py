"""Value and baseline are measured in turns."""

from __future__ import annotations

from bench.rounds import ROUNDS, in_turns


def test_it_works() -> None:
    order: list[str] = []

    def measure(name: str, result: float) -> float:
        order.append(name)
        return result

    values, baselines = in_turns(lambda: measure("a", 1.0), lambda: measure("b", 2.0), rounds=3)
    assert (values, baselines) == ([1.0] * 3, [2.0] * 3)
    assert "".join(order) == "abbaab"


def test_there_are_at_least_five() -> None:
    assert ROUNDS >= 5
