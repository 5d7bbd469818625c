"""Lists ask the database the same number of questions however long they are."""

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

ClientOf = Callable[[User | None], APIClient]


@pytest.mark.parametrize("path", ["domains", "services", "domains/dp-rh/services", "services/{id}/runs"])
def test_it_works(
    path: str, owner: User, actor: ActorOf, client_of: ClientOf, service: Service, make_service: MakeService
) -> None:
    api, url = client_of(owner), f"/api/v1/{path.format(id=service.pk)}?limit=100"

    def ask() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api.get(url).status_code == 200
        return len(queries)

    def one_more(number: int) -> None:
        domain_create(actor=actor(owner), name=f"D{number}", slug=f"d-{number}", now=timezone.now())
        make_service(title=f"S{number}")
        service_run(actor=actor(owner), service=service, parameters={"periodo": "2026-02"}, now=timezone.now())

    one_more(0)
    ask()  # remembers the organization of the host
    few = ask()
    for number in range(1, 6):
        one_more(number)
    assert ask() == few
