"""How the version that is tried on a share of the runs does."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from apps.executions.models import Status
from apps.robots.models import Robot, Run


@dataclass(frozen=True, slots=True)
class CanaryRecord:
    """Runs of a canary that ended by themselves, and how many of them failed."""

    finished: int
    failed: int


def canary_record(robot: Robot) -> CanaryRecord:
    """Counts the canary's runs since it began; cancelled and lost ones say nothing about the version."""
    if robot.canary_version_id is None or robot.canary_started_at is None:
        return CanaryRecord(0, 0)
    since = {"version_id": robot.canary_version_id, "is_canary": True, "created_at__gte": robot.canary_started_at}
    counts = Run.objects.filter(**since).aggregate(
        finished=Count("id", filter=Q(execution__status__in=[Status.COMPLETED, Status.FAILED])),
        failed=Count("id", filter=Q(execution__status=Status.FAILED)),
    )
    return CanaryRecord(counts["finished"], counts["failed"])
