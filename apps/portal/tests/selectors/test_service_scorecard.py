"""How a service has been doing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.common.errors import PermissionDenied
from apps.executions.models import Execution
from apps.portal.models import Service
from apps.portal.selectors.scorecard import Scorecard, service_runs, service_scorecard
from apps.portal.services.runs import service_run
from apps.portal.tests.conftest import ActorOf, MakeService, grant
from apps.robots.models import Robot, Run


@pytest.fixture
def finished(owner: User, actor: ActorOf, service: Service) -> list[Run]:
    """Five completed runs of 10 to 50 s, one failed, one lost, one cancelled, one waiting."""
    start = timezone.now() - timedelta(hours=1)
    ends = [*(("completed", seconds) for seconds in (10, 20, 30, 40, 50)), ("failed", 5), ("lost", 7), ("cancelled", 1)]
    runs = [started(actor, owner, service) for _number in range(len(ends) + 1)]
    for run, (status, seconds) in zip(runs, ends, strict=False):
        finish(run, status, start, seconds)
    return runs


def started(actor: ActorOf, user: User, service: Service) -> Run:
    """A waiting run."""
    return service_run(actor=actor(user), service=service, parameters={"periodo": "2026-02"}, now=timezone.now())


def finish(run: Run, status: str, start: datetime, seconds: int) -> None:
    """Write the end of a run as the worker would have."""
    Execution.objects.filter(pk=run.execution_id).update(
        status=status, started_at=start, finished_at=start + timedelta(seconds=seconds), error_message=f"{status}!"
    )


def test_it_works(viewer: User, actor: ActorOf, service: Service, finished: list[Run]) -> None:
    card = service_scorecard(actor=actor(viewer), service=service)

    assert (card.runs, card.completed, card.failed, card.cancelled, card.unfinished) == (9, 5, 2, 1, 1)
    assert card.success_rate == pytest.approx(5 / 7)
    assert (card.median_seconds, card.p95_seconds) == (30.0, 48.0)
    assert [run.pk for run in card.last_failures] == [finished[6].pk, finished[5].pk]


def test_nothing_to_tell_yet(viewer: User, actor: ActorOf, service: Service) -> None:
    assert service_scorecard(actor=actor(viewer), service=service) == Scorecard(
        runs=0,
        completed=0,
        failed=0,
        cancelled=0,
        unfinished=0,
        success_rate=None,
        median_seconds=None,
        p95_seconds=None,
        last_failures=[],
    )


def test_runs_of_other_services_do_not_count(
    owner: User, actor: ActorOf, service: Service, make_service: MakeService, finished: list[Run]
) -> None:
    other = make_service(title="Outro")
    run = started(actor, owner, other)
    assert service_scorecard(actor=actor(owner), service=other).runs == 1
    assert list(service_runs(actor=actor(owner), service=other)) == [run]
    assert service_runs(actor=actor(owner), service=service).count() == 9


def test_it_asks_little_however_many_runs(
    owner: User,
    actor: ActorOf,
    service: Service,
    finished: list[Run],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    who = actor(owner)
    with django_assert_max_num_queries(4):
        service_scorecard(actor=who, service=service)


def test_runs_of_a_robot_out_of_scope_do_not_count(
    viewer: User, actor: ActorOf, service: Service, finished: list[Run]
) -> None:
    grant(viewer, "run.read", Robot.objects.create(name="Outro"))
    assert service_scorecard(actor=actor(viewer), service=service).runs == 0


def test_no_right(stranger: User, actor: ActorOf, service: Service) -> None:
    with pytest.raises(PermissionDenied):
        service_scorecard(actor=actor(stranger), service=service)
