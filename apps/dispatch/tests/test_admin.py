"""Queue, workers and counters in the platform's back-office."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.dispatch.models import Tally
from apps.dispatch.services.tallies import tallies_add
from apps.dispatch.services.workers import WorkerIdentity, worker_seen
from apps.dispatch.tests.conftest import Make, stored
from apps.tenants.context import public_context, tenant_context
from conftest import make_user

PAGES = ("ticket", "worker", "tally")


@pytest.fixture
def browser(db: None) -> Client:
    client = Client(SERVER_NAME="localhost")
    with tenant_context("platform"):
        client.force_login(make_user("root@platform.example", "super_admin"))
    return client


def test_it_works(browser: Client, make: Make) -> None:
    held = make(held=True)
    worker_seen(worker=WorkerIdentity(name="w@host/1", host="host", pid=1, queues=("q",), slots=4), busy=1)
    tallies_add(increments={("oficina_runs_total", "{}"): 1})
    for name in PAGES:
        assert browser.get(f"/admin/dispatch/{name}/").status_code == 200
    page = browser.get(f"/admin/dispatch/ticket/{held}/change/")
    ticket = stored(held)
    assert ticket is not None
    assert page.status_code == 200
    assert str(ticket.token) not in page.content.decode()
    with public_context():
        tally = Tally.objects.get()
    assert browser.get(f"/admin/dispatch/tally/{tally.pk}/change/").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_made_changed_or_deleted_by_hand(browser: Client, make: Make, page: str) -> None:
    held = make(held=True)
    assert browser.get(f"/admin/dispatch/{page}/add/").status_code == 403
    assert browser.post(f"/admin/dispatch/ticket/{held}/delete/", {"post": "yes"}).status_code == 403
    assert stored(held)


def test_not_on_an_organizations_host(make: Make) -> None:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(make_user("admin@acme.example", "org_admin"))
    assert client.get("/admin/dispatch/ticket/").status_code == 404
