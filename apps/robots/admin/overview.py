"""The first page of an organization's back-office: how its robots are doing, what waits, and what to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from apps.accounts.permissions import allowed
from apps.robots.selectors.overview import Figures, overview
from apps.robots.selectors.runs import READ

TEMPLATE = "robots/admin/overview.html"
BAR, GAP, HEIGHT = 16, 4, 100
"""Of the canvas; the page stretches it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One colour of a day's bar, on a canvas of 100 units' height."""

    kind: str
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the chart: from the bottom up what succeeded, failed, was cancelled, has not ended."""

    figures: Figures
    left: int
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars beside each other, the highest as high as the chart."""

    bars: Sequence[Bar]
    most: int

    @property
    def width(self) -> int:
        return len(self.bars) * (BAR + GAP)


def chart_of(days: Sequence[Figures]) -> Chart:
    """The chart of some days."""
    most = max((day.runs for day in days), default=0)
    return Chart([Bar(day, index * (BAR + GAP) + GAP // 2, _pieces(day, most)) for index, day in enumerate(days)], most)


def _pieces(day: Figures, most: int) -> list[Piece]:
    pieces, top = [], float(HEIGHT)
    counts = {"good": day.completed, "bad": day.failed, "still": day.cancelled, "busy": day.unfinished}
    for kind, count in counts.items():
        if count:
            height = round(HEIGHT * count / most, 2)
            top = round(top - height, 2)
            pieces.append(Piece(kind, top, height))
    return pieces


def overview_of(request: Any) -> dict[str, Any]:
    """What the page shows; nothing of runs to who may read none."""
    if not allowed(request.actor, READ):
        return {}
    found = overview(actor=request.actor, zone=timezone.get_current_timezone(), now=timezone.now())
    return {"overview": found, "chart": chart_of(found.days), "may_publish": request.actor.holds("robot.publish")}
