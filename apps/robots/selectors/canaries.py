"""How the version that is tried on a share of the runs does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.executions.models import Status
from apps.robots.models import Robot, Run

FINISHED = Q(execution__status__in=[Status.COMPLETED, Status.FAILED])
FAILED = Q(execution__status=Status.FAILED)


@dataclass(frozen=True, slots=True)
class CanaryRecord:
    """Runs of a canary that ended by themselves, and how many of them failed.

    Cancelled and lost runs say nothing about the version.
    """

    finished: int
    failed: int


def canary_record(robot: Robot) -> CanaryRecord:
    """Counts the canary's runs since it began."""
    counts = Run.objects.filter(
        version_id=robot.canary_version_id, is_canary=True, created_at__gte=robot.canary_started_at
    ).aggregate(finished=Count("id", filter=FINISHED), failed=Count("id", filter=FAILED))
    return CanaryRecord(counts["finished"], counts["failed"])


def with_canary_counts(robots: QuerySet[Robot]) -> QuerySet[Robot]:
    """Adds ``canary_finished`` and ``canary_failed`` to each robot, within the one query."""
    return robots.annotate(canary_finished=_count(FINISHED), canary_failed=_count(FAILED))


def _count(matching: Q) -> Any:
    runs = Run.objects.filter(
        matching,
        version_id=OuterRef("canary_version_id"),
        is_canary=True,
        created_at__gte=OuterRef("canary_started_at"),
    )
    counted = runs.order_by().values("version_id").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
