"""How a service has been doing, counted by the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, When

from apps.common.actor import Actor
from apps.executions.models import Status
from apps.portal.models import Service
from apps.portal.permissions import READ, require_service
from apps.robots.models import Run
from apps.robots.selectors.runs import run_list
from apps.robots.selectors.stats import DURATION, Percentile

LAST_FAILURES = 5
FAILURES = (Status.FAILED, Status.LOST)
TOOK = Case(When(execution__status=Status.COMPLETED, then=DURATION))
"""Seconds of a completed run; null, and so left out of the percentiles, for any other."""


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
    median_seconds: float | None
    p95_seconds: float | None
    last_failures: list[Run]


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
    completed = Q(execution__status=Status.COMPLETED)
    return runs.order_by().aggregate(
        runs=Count("pk"),
        completed=Count("pk", filter=completed),
        failed=Count("pk", filter=Q(execution__status__in=FAILURES)),
        cancelled=Count("pk", filter=Q(execution__status=Status.CANCELLED)),
        median_seconds=Percentile(TOOK, share=0.5),
        p95_seconds=Percentile(TOOK, share=0.95),
    )
