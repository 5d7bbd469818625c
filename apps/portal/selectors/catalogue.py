"""The catalogue as people look through it: domains with a few of their services, and how services have been doing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from apps.accounts.permissions import allowed
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.common.ids import uuid7_floor
from apps.executions.models import Status
from apps.portal.models import Domain, Service
from apps.portal.permissions import MANAGE, RUN
from apps.portal.selectors.domains import domains_list, domains_visible
from apps.portal.selectors.scorecard import FAILURES, TOOK
from apps.portal.selectors.services import services_visible
from apps.robots.models import Run
from apps.robots.selectors.runs import run_list, runs_visible
from apps.robots.selectors.stats import Percentile

ON_A_SHELF = 5
SHELVES = 200
PULSE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Shelf:
    """A domain, the first of its services that fit, and how many fit."""

    domain: Domain
    services: list[Service]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.services)


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a service did lately, over the runs that the actor may read; ``success_rate`` as in the scorecard."""

    runs: int
    success_rate: float | None
    median_seconds: float | None
    last_run: Run | None


def shelves(*, actor: Actor, search: str = "") -> list[Shelf]:
    """Return the visible domains with their enabled services, in three queries however large the catalogue is.

    With ``search``, services whose title or description holds it, or whose domain does; domains without any are left
    out. Without it, a domain that is still empty is shown too.
    """
    fitting = services_visible(actor=actor).filter(enabled=True)
    domains = domains_visible(actor=actor)
    if search:
        named = domains_list(actor=actor, search=search)
        text = Q(title__icontains=search) | Q(description__icontains=search)
        fitting = fitting.filter(text | Q(domain__in=named.values("pk")))
        domains = domains.filter(pk__in=fitting.order_by().values("domain_id"))
    totals = dict(fitting.order_by().values_list("domain_id").annotate(total=Count("pk")))
    first: dict[UUID, list[Service]] = {}
    for service in _first_of_each(fitting):
        first.setdefault(service.domain_id, []).append(service)
    return [Shelf(each, first.get(each.pk, []), totals.get(each.pk, 0)) for each in domains[:SHELVES]]


def _first_of_each(services: QuerySet[Service]) -> QuerySet[Service]:
    place = Window(RowNumber(), partition_by=F("domain_id"), order_by=["title", "pk"])
    return services.annotate(place=place).filter(place__lte=ON_A_SHELF)


def services_of_domain(*, actor: Actor, domain: Domain, search: str = "") -> QuerySet[Service]:
    """Return a domain's visible services; disabled ones only for who may enable them."""
    services = services_visible(actor=actor).filter(domain=domain)
    if not allowed(actor, MANAGE):
        services = services.filter(enabled=True)
    if search:
        services = services.filter(Q(title__icontains=search) | Q(description__icontains=search))
    return services


def service_pulses(*, actor: Actor, services: Collection[Service], now: datetime) -> dict[UUID, Pulse]:
    """Return how each service did in the last 30 days, and its last run; nothing where the actor may read no runs."""
    try:
        runs = runs_visible(actor=actor)
    except PermissionDenied:
        return {}
    figures = _figures(runs, services, since=now - timedelta(days=PULSE_DAYS))
    newest = runs.filter(service_id=OuterRef("pk")).order_by("-id").values("pk")[:1]
    chosen = Service.objects.filter(pk__in=[service.pk for service in services])
    last = dict(chosen.order_by().annotate(last=Subquery(newest)).values_list("pk", "last"))
    shown = {run.pk: run for run in runs.filter(pk__in=[pk for pk in last.values() if pk])}
    return {pk: _pulse(figures.get(pk, {}), shown.get(last_run)) for pk, last_run in last.items()}


def _figures(runs: QuerySet[Run], services: Collection[Service], *, since: datetime) -> dict[UUID, dict[str, Any]]:
    """Counted by the index on service and id: ids grow with time."""
    lately = runs.filter(service_id__in=[service.pk for service in services], pk__gte=uuid7_floor(since))
    rows = (
        lately.order_by()
        .values("service_id")
        .annotate(
            runs=Count("pk"),
            completed=Count("pk", filter=Q(execution__status=Status.COMPLETED)),
            failed=Count("pk", filter=Q(execution__status__in=FAILURES)),
            median=Percentile(TOOK, share=0.5),
        )
    )
    found: dict[Any, Any] = {row["service_id"]: row for row in rows}
    return found


def _pulse(row: dict[str, Any], last_run: Run | None) -> Pulse:
    completed, decided = row.get("completed", 0), row.get("completed", 0) + row.get("failed", 0)
    return Pulse(
        runs=row.get("runs", 0),
        success_rate=completed / decided if decided else None,
        median_seconds=row.get("median"),
        last_run=last_run,
    )


def own_runs(*, actor: Actor) -> QuerySet[Run]:
    """Return the runs this person asked for, newest first; none where it may read none."""
    if actor.user_id is None or not allowed(actor, "run.read"):
        return Run.objects.none()
    return run_list(actor=actor, triggered_by=str(actor.user_id))


def may_run(*, actor: Actor, service: Service) -> bool:
    """Say whether the actor may run the service: by its own right and by that on its robot."""
    return allowed(actor, RUN, service) and allowed(actor, "robot.run", service.robot)
