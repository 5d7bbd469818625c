"""How an organization's robots are doing, as the back-office shows it first: a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django.db.models import (
    Case,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    Min,
    OuterRef,
    Q,
    When,
    Window,
)
from django.db.models.functions import Extract, RowNumber, TruncDate

from apps.accounts.permissions import visible_filter
from apps.common.actor import Actor
from apps.common.ids import uuid7_floor
from apps.executions.models import Execution, Status
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.models.run import KIND
from apps.robots.selectors.runs import READ, runs_visible
from apps.robots.selectors.stats import Percentile

DAYS = 14
FAILURES = (Status.FAILED, Status.LOST)
MOST_FAILURES = 8
MOST_LOOKED_AT = 500
_TOOK = Extract(
    ExpressionWrapper(F("finished_at") - F("started_at"), DurationField()), "epoch", output_field=FloatField()
)
_COMPLETED = Q(status=Status.COMPLETED)
_FIGURES: dict[str, Any] = {
    "runs": Count("pk"),
    "completed": Count("pk", filter=_COMPLETED),
    "failed": Count("pk", filter=Q(status__in=FAILURES)),
    "cancelled": Count("pk", filter=Q(status=Status.CANCELLED)),
    "p95_seconds": Percentile(Case(When(_COMPLETED, then=_TOOK)), share=0.95),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Runs accepted on one day, or on several; the percentile is that of completed runs, from start to end."""

    day: date | None
    runs: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    p95_seconds: float | None = None

    @property
    def unfinished(self) -> int:
        return self.runs - self.completed - self.failed - self.cancelled

    @property
    def success_rate(self) -> float | None:
        """Completed runs among those that completed, failed or were lost (0-1); None while there is nothing to tell."""
        decided = self.completed + self.failed
        return self.completed / decided if decided else None


@dataclass(frozen=True, slots=True)
class Overview:
    """Figures by day and together (without a percentile, for they do not add up), what waits and runs now, failures
    that nobody has run again, and how far an organization has come that has just begun."""

    days: Sequence[Figures]
    together: Figures
    waiting: int
    running: int
    waiting_since: datetime | None
    failures: Sequence[Run]
    has_robot: bool
    has_version: bool

    @property
    def today(self) -> Figures:
        return self.days[-1]

    @property
    def yesterday(self) -> Figures:
        return self.days[-2]


def overview(*, actor: Actor, zone: tzinfo, now: datetime) -> Overview:
    """The runs ``actor`` may read of the last 14 days, by days of ``zone``. Raises ``PermissionDenied``.

    Ids grow with time, so the index on the key finds the days asked for; an execution has its run's id.
    """
    today = now.astimezone(zone).date()
    first = today - timedelta(days=DAYS - 1)
    since = datetime.combine(first, datetime.min.time(), tzinfo=zone)
    seen: Any = Execution.objects.filter(visible_filter(actor, READ, prefix="run__robot__"), kind=KIND)
    recent = seen.filter(pk__gte=uuid7_floor(since), queued_at__gte=since).order_by()
    by_day = recent.annotate(day=TruncDate("queued_at", tzinfo=zone)).values("day").annotate(**_FIGURES)
    found = {row["day"]: Figures(**row) for row in by_day}
    return Overview(
        days=[found.get(day, Figures(day)) for day in (first + timedelta(days=each) for each in range(DAYS))],
        together=_together(list(found.values())),
        **_now(seen),
        failures=list(_unseen_failures(actor, since)),
        **_beginnings(actor),
    )


def _together(days: Sequence[Figures]) -> Figures:
    """The days as one; percentiles do not add up."""
    counts = ("runs", "completed", "failed", "cancelled")
    return Figures(None, **{name: sum(getattr(each, name) for each in days) for name in counts})


def _now(seen: Any) -> dict[str, Any]:
    """What waits and what runs, by the index of executions by status."""
    active = seen.filter(status__in=(Status.PENDING, Status.RUNNING)).order_by().values("status")
    found = {row["status"]: row for row in active.annotate(count=Count("pk"), since=Min("queued_at"))}
    nothing: dict[str, Any] = {"count": 0, "since": None}
    waiting, running = found.get(Status.PENDING, nothing), found.get(Status.RUNNING, nothing)
    return {"waiting": waiting["count"], "waiting_since": waiting["since"], "running": running["count"]}


def _unseen_failures(actor: Actor, since: datetime) -> Any:
    """The latest of each robot and service that failed or were lost, but those that were run again; ``times`` says
    how many of the newest 500 did so."""
    recent = {"execution__status__in": FAILURES, "execution_id__gte": uuid7_floor(since)}
    visible = runs_visible(actor=actor)
    failed = visible.filter(**recent).order_by("-execution_id")
    unseen = failed.filter(~Exists(Run.objects.filter(retry_of=OuterRef("pk"))))
    alike = [F("robot_id"), F("service_id")]
    counted = visible.filter(pk__in=unseen.values("pk")[:MOST_LOOKED_AT]).annotate(
        times=Window(Count("pk"), partition_by=alike),
        place=Window(RowNumber(), partition_by=alike, order_by=F("execution_id").desc()),
    )
    return counted.filter(place=1).order_by("-execution_id")[:MOST_FAILURES]


def _beginnings(actor: Actor) -> dict[str, Any]:
    """How far an organization has come that has only just begun."""
    robots = Robot.objects.filter(visible_filter(actor, READ), archived_at=None).order_by()
    versions = RobotVersion.objects.filter(robot=OuterRef("pk"))
    found = robots.aggregate(robots=Count("pk"), published=Count("pk", filter=Q(Exists(versions))))
    return {"has_robot": found["robots"] > 0, "has_version": found["published"] > 0}
