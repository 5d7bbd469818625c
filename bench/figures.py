"""What a row measured, and what that means: one line of the table, one object in the JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.statistics import median, moved, spread


@dataclass(frozen=True, slots=True)
class Target:
    """A bound of a figure: of its ratio to the baseline, or of the value itself where ``unit`` is given."""

    limit: float
    at_least: bool = False
    unit: str = "×"

    @property
    def of_ratio(self) -> bool:
        return self.unit == "×"

    def met(self, figure: float) -> bool:
        return figure >= self.limit if self.at_least else figure <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{'' if self.of_ratio else ' '}{self.unit}"


@dataclass(frozen=True, slots=True)
class Figure:
    """The rounds of one row and of its baseline, which were measured in turns."""

    row: str
    unit: str
    target: Target
    values: Sequence[float]
    baselines: Sequence[float] = ()
    note: str = ""

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def baseline(self) -> float | None:
        return median(self.baselines) if self.baselines else None

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None

    @property
    def void(self) -> bool:
        return moved(self.baselines)

    @property
    def ok(self) -> bool:
        judged = self.ratio if self.target.of_ratio else self.value
        return judged is not None and not self.void and self.target.met(judged)

    @property
    def verdict(self) -> str:
        if self.void:
            return "void"
        return "ok" if self.ok else "MISSED"

    def as_json(self) -> dict[str, Any]:
        """The row as ``results.json`` has it."""
        return {
            "row": self.row,
            "value": _rounded(self.value),
            "baseline": _rounded(self.baseline),
            "ratio": _rounded(self.ratio),
            "target": str(self.target),
            "spread": {
                "value": _rounded(spread(self.values)),
                "baseline": _rounded(spread(self.baselines)) if self.baselines else None,
            },
            "void": self.void,
            "ok": self.ok,
        }


def _rounded(number: float | None) -> float | None:
    """Four digits that mean something; more would be noise."""
    return None if number is None else float(f"{number:.4g}")
