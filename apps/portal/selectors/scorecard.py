"""How a service has been doing, counted by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Q, QuerySet

from apps.common.actor import Actor
from apps.executions.models import Status
from apps.portal.models import Service
from apps.portal.permissions import READ, require_service
from apps.robots.models import Run
from apps.robots.selectors.runs import run_list

LAST_FAILURES = 5
FAILURES = (Status.FAILED, Status.LOST)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """`success_rate` is completed runs among those that completed, failed or were lost (0-1); times are of completed
    runs, from start to end. All three are None while there is nothing to tell."""

    runs: int
    completed: int
    failed: int
    cancelled: int
    unfinished: int
    success_rate: float | None
    median: timedelta | None
    p95: timedelta | None
    last_failures: list[Run]


class Percentile(Aggregate):
    """PostgreSQL's `percentile_cont`: the value below which a fraction of the rows lies, between rows if need be."""

    function = "PERCENTILE_CONT"
    name = "percentile"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()

    def __init__(self, expression: Any, *, fraction: float, **extra: Any) -> None:
        super().__init__(expression, fraction=fraction, **extra)


def service_runs(*, actor: Actor, service: Service) -> QuerySet[Run]:
    """Return the runs of a service that the actor may read, newest first."""
    require_service(actor, READ, service)
    return run_list(actor=actor, service_id=service.pk)


def service_scorecard(*, actor: Actor, service: Service) -> Scorecard:
    """Return the figures over the runs that the actor may read: two queries, however many runs."""
    runs = service_runs(actor=actor, service=service)
    figures = _figures(runs)
    decided = figures["completed"] + figures["failed"]
    return Scorecard(
        **figures,
        unfinished=figures["runs"] - decided - figures["cancelled"],
        success_rate=figures["completed"] / decided if decided else None,
        last_failures=list(runs.filter(execution__status__in=FAILURES)[:LAST_FAILURES]),
    )


def _figures(runs: QuerySet[Run]) -> dict[str, Any]:
    took = ExpressionWrapper(F("execution__finished_at") - F("execution__started_at"), output_field=DurationField())
    completed = Q(execution__status=Status.COMPLETED)
    return runs.order_by().aggregate(
        runs=Count("pk"),
        completed=Count("pk", filter=completed),
        failed=Count("pk", filter=Q(execution__status__in=FAILURES)),
        cancelled=Count("pk", filter=Q(execution__status=Status.CANCELLED)),
        median=Percentile(took, fraction=0.5, filter=completed),
        p95=Percentile(took, fraction=0.95, filter=completed),
    )
