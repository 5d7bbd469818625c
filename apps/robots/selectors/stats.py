"""Counts and duration percentiles of runs, computed by PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Aggregate, Count, F, FloatField, Q
from django.db.models.functions import Extract, TruncDate

from apps.common.actor import Actor
from apps.executions.models import Status
from apps.robots.selectors.runs import run_list, status_word

DEFAULT_SPAN = timedelta(days=30)
MOST_ROBOTS = 100


class Percentile(Aggregate):
    """``percentile_cont``: the value below which that share of the durations lies; null where there are none."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, *, share: float) -> None:
        super().__init__(expression, share=f"{share:.2f}")


DURATION = Extract(F("execution__finished_at") - F("execution__started_at"), "epoch", output_field=FloatField())
PERCENTILES = {
    "p50_seconds": Percentile(DURATION, share=0.5),
    "p95_seconds": Percentile(DURATION, share=0.95),
    "p99_seconds": Percentile(DURATION, share=0.99),
}
COUNTS = {
    "runs": Count("pk"),
    "success": Count("pk", filter=Q(execution__status=Status.COMPLETED)),
    "failed": Count("pk", filter=Q(execution__status=Status.FAILED)),
    "canceled": Count("pk", filter=Q(execution__status=Status.CANCELLED)),
    "lost": Count("pk", filter=Q(execution__status=Status.LOST)),
}


@dataclass(frozen=True, slots=True)
class RunStats:
    """Runs accepted from ``since`` until ``until``; durations in seconds from start to end."""

    since: datetime
    until: datetime
    total: dict[str, Any]
    by_day: list[dict[str, Any]]
    by_robot: list[dict[str, Any]]
    by_status: list[dict[str, Any]]


def run_stats(
    *, actor: Actor, robot_id: UUID | None, since: datetime | None, until: datetime | None, now: datetime
) -> RunStats:
    """Figures of the visible runs, in four queries whatever their number; days are UTC."""
    end = until or now
    start = since or end - DEFAULT_SPAN
    # The types of what is annotated and grouped here are beyond what the stubs can follow.
    runs: Any = run_list(actor=actor, robot_id=robot_id, since=start, until=end).select_related(None).order_by()
    return RunStats(
        since=start,
        until=end,
        total=runs.aggregate(**COUNTS, **PERCENTILES),
        by_day=list(_grouped(runs.annotate(day=TruncDate("created_at")), "day").order_by("day")),
        by_robot=list(
            _grouped(runs.annotate(robot_name=F("robot__name")), "robot_id", "robot_name").order_by(
                "-runs", "robot_name"
            )[:MOST_ROBOTS]
        ),
        by_status=_by_status(runs),
    )


def _grouped(runs: Any, *names: str) -> Any:
    return runs.values(*names).annotate(**COUNTS, **PERCENTILES)


def _by_status(runs: Any) -> list[dict[str, Any]]:
    found = runs.values("execution__status").annotate(runs=Count("pk"), **PERCENTILES).order_by("-runs")
    return [row | {"status": status_word(row["execution__status"])} for row in found]
