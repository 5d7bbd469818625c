"""Lists ask the database the same number of questions at 5 rows and at 50."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.portal.models import Service
from apps.portal.services.domains import domain_create
from apps.portal.services.runs import service_run
from apps.portal.tests.conftest import ActorOf, MakeService
from apps.robots.tests.factories import artifact_made, run_ended

ClientOf = Callable[[User | None], APIClient]
OneMore = Callable[[str, int], None]


@pytest.fixture
def one_more(owner: User, actor: ActorOf, service: Service, make_service: MakeService) -> OneMore:
    """Makes another row of a list, whatever the list."""

    def run(number: int) -> None:
        started = service_run(
            actor=actor(owner), service=service, parameters={"periodo": "2026-02"}, now=timezone.now()
        )
        if number % 3 == 0:
            artifact_made(run_ended(started))

    def make(path: str, number: int) -> None:
        if path.endswith("runs"):
            run(number)
        elif path.endswith("services"):
            make_service(title=f"S{number}")
        else:
            domain_create(actor=actor(owner), name=f"D{number}", slug=f"d-{number}", now=timezone.now())

    return make


@pytest.mark.parametrize(
    ("path", "recorded"),
    [("domains", 3), ("services", 3), ("domains/dp-rh/services", 4), ("services/{id}/runs", 5)],
)
def test_it_works(
    path: str, recorded: int, owner: User, client_of: ClientOf, service: Service, one_more: OneMore
) -> None:
    api, url = client_of(owner), f"/api/v1/{path.format(id=service.pk)}?limit=100"

    def ask() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api.get(url).status_code == 200
        return len(queries)

    for number in range(5):
        one_more(path, number)
    ask()  # remembers the organization of the host
    few = ask()
    for number in range(5, 50):
        one_more(path, number)
    assert (few, ask()) == (recorded, recorded)
