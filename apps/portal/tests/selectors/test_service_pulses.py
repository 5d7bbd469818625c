"""How services did lately, for a page of them at once."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.executions.models import Execution, Status
from apps.portal.models import Service
from apps.portal.selectors.catalogue import service_pulses
from apps.portal.services.runs import service_run
from apps.portal.tests.conftest import ActorOf, MakeService
from apps.robots.models import RobotVersion

NOW = timezone.now()


def ran(actor: ActorOf, user: User, service: Service, status: Status, seconds: float) -> None:
    run = service_run(actor=actor(user), service=service, parameters={"periodo": "2026-02"}, now=NOW)
    end = NOW + timedelta(seconds=seconds)
    Execution.objects.filter(pk=run.pk).update(status=status, started_at=NOW, finished_at=end)


def test_it_works(teammate: User, actor: ActorOf, service: Service, make_service: MakeService) -> None:
    idle = make_service(title="Idle")
    for status, seconds in ((Status.COMPLETED, 1), (Status.COMPLETED, 3), (Status.FAILED, 9), (Status.CANCELLED, 9)):
        ran(actor, teammate, service, status, seconds)
    pulses = service_pulses(actor=actor(teammate), services=[service, idle], now=NOW)
    busy = pulses[service.pk]
    assert (busy.runs, busy.median_seconds) == (4, 2)
    assert busy.success_rate == 2 / 3
    assert busy.last_run is not None
    assert busy.last_run.execution.status == Status.CANCELLED
    assert (pulses[idle.pk].runs, pulses[idle.pk].last_run, pulses[idle.pk].success_rate) == (0, None, None)


def test_only_lately(teammate: User, actor: ActorOf, service: Service) -> None:
    ran(actor, teammate, service, Status.COMPLETED, 1)
    pulse = service_pulses(actor=actor(teammate), services=[service], now=NOW + timedelta(days=31))[service.pk]
    assert (pulse.runs, pulse.success_rate) == (0, None)
    assert pulse.last_run is not None


def test_who_may_read_no_runs_sees_no_figures(stranger: User, actor: ActorOf, service: Service) -> None:
    assert service_pulses(actor=actor(stranger), services=[service], now=NOW) == {}


def test_the_questions_do_not_grow(
    teammate: User, actor: ActorOf, make_service: MakeService, version: RobotVersion
) -> None:
    services: list[Service] = []
    counts = []
    for title in ("One", "Two", "Three"):
        services.append(make_service(title=title))
        ran(actor, teammate, services[-1], Status.COMPLETED, 1)
        with CaptureQueriesContext(connection) as queries:
            service_pulses(actor=actor(teammate), services=services, now=NOW)
        counts.append(len(queries))
    assert len(set(counts)) == 1
