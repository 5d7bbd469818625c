from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.dispatch.models import Ticket
from apps.events.models import Event
from apps.executions.models import Status
from apps.robots.models import Run
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import run_ended


@pytest.fixture
def url(run: Run) -> str:
    return f"/api/v1/runs/{run.pk}/cancel"


class TestPermissions(Guarded):
    method = "post"
    sees = "run.read"
    without = ("stranger", "viewer")


def test_it_works(client_of: Clients, teammate: User, run: Run, url: str) -> None:
    answer = client_of(teammate).post(url)
    assert answer.status_code == 202, answer.json()
    assert answer.json()["status"] == "CANCELED"
    assert answer.json()["finished_at"] is not None
    assert not Ticket.objects.filter(pk=run.pk).exists()
    assert Event.objects.get(name="run.cancelled").actor_id == str(teammate.pk)


def test_again(client_of: Clients, teammate: User, run: Run, url: str) -> None:
    client = client_of(teammate)
    client.post(url)
    answer = client.post(url)
    assert (answer.status_code, answer.json()["id"]) == (200, str(run.pk))
    assert Event.objects.filter(name="run.cancelled").count() == 1


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.LOST])
def test_finished(client_of: Clients, teammate: User, run: Run, url: str, status: Status) -> None:
    run_ended(run, status)
    answer = client_of(teammate).post(url)
    assert (answer.status_code, answer.json()["error_code"]) == (409, "run_finished")
