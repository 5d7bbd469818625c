"""Everybody's runs of all services, as a page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.portal.models import Service
from apps.portal.services.runs import service_run
from apps.portal.tests.conftest import ActorOf, Browser, MakeService, grant
from apps.robots.models import RobotVersion, Run
from apps.robots.services.runs import run_start
from apps.robots.tests.factories import run_ended

MakeRun = Callable[..., Run]
RUNS = "/portal/runs/"
LINK = re.compile(r'href="/portal/runs/([0-9a-f-]{36})/"')


@pytest.fixture
def run(teammate: User, actor: ActorOf, service: Service) -> MakeRun:
    """Runs a service as the teammate."""

    def run(of: Service = service) -> Run:
        return service_run(actor=actor(teammate), service=of, parameters={"periodo": "2026-02"}, now=timezone.now())

    return run


def test_it_works(teammate: User, viewer: User, browser: Browser, run: MakeRun) -> None:
    first, second = run(), run()
    page = browser(viewer).get(RUNS)
    assert page.status_code == 200
    assert LINK.findall(page.content.decode()) == [str(second.pk), str(first.pk)]
    assert "Fechamento" in page.content.decode()
    assert teammate.email in page.content.decode()
    home = browser(teammate).get("/portal/").content.decode()
    assert f'<a href="{RUNS}">All runs</a>' in home


def test_only_what_services_started(
    owner: User, browser: Browser, run: MakeRun, version: RobotVersion, actor: ActorOf
) -> None:
    run_start(actor=actor(owner), robot=version.robot, now=timezone.now())
    wanted = run()
    assert LINK.findall(browser(owner).get(RUNS).content.decode()) == [str(wanted.pk)]


def test_ones_own(
    teammate: User, owner: User, browser: Browser, run: MakeRun, service: Service, actor: ActorOf
) -> None:
    service_run(actor=actor(owner), service=service, parameters={"periodo": "2026-02"}, now=timezone.now())
    wanted = run()
    page = browser(teammate).get(f"{RUNS}?by=me").content.decode()
    assert LINK.findall(page) == [str(wanted.pk)]
    assert '<option value="me" selected>' in page
    assert browser(teammate).get(f"{RUNS}?by=them").status_code == 422


def test_filters(teammate: User, browser: Browser, run: MakeRun, make_service: MakeService) -> None:
    other = make_service(title="Férias")
    done, waiting = run_ended(run()), run(other)
    client = browser(teammate)

    def shown(**filters: str) -> list[str]:
        return LINK.findall(client.get(RUNS, filters).content.decode())

    assert shown(status="PENDING") == [str(waiting.pk)]
    assert shown(status="SUCCESS") == [str(done.pk)]
    assert shown(service=str(other.pk)) == [str(waiting.pk)]
    assert shown(service=str(other.pk), status="SUCCESS") == []
    assert shown(status="", service="") == [str(waiting.pk), str(done.pk)]


def test_nothing_fits(teammate: User, browser: Browser, run: MakeRun) -> None:
    run()
    page = browser(teammate).get(RUNS, {"status": "LOST"}).content.decode()
    assert "No run fits" in page
    assert "Show all runs" in page


def test_no_runs_yet(teammate: User, browser: Browser, service: Service) -> None:
    page = browser(teammate).get(RUNS).content.decode()
    assert "No runs yet" in page
    assert "To all services" in page


@pytest.mark.parametrize("query", ["status=nowhere", "status=completed", "service=x", "before=x", "before=%00x"])
def test_what_makes_no_sense_is_refused(teammate: User, browser: Browser, query: str) -> None:
    assert browser(teammate).get(f"{RUNS}?{query}").status_code == 422


def test_a_service_of_nobody_has_no_runs(teammate: User, browser: Browser, run: MakeRun) -> None:
    run()
    assert "No run fits" in browser(teammate).get(RUNS, {"service": str(uuid7())}).content.decode()


def test_runs_that_may_not_be_read_are_not_there(
    teammate: User, viewer: User, browser: Browser, run: MakeRun, service: Service
) -> None:
    run()
    grant(viewer, "run.read", service.robot)
    assert len(LINK.findall(browser(viewer).get(RUNS).content.decode())) == 1
    service.robot.pk = None
    service.robot.name = "Another"
    service.robot.save(force_insert=True)
    grant(teammate, "run.read", service.robot)
    page = browser(teammate).get(RUNS).content.decode()
    assert LINK.findall(page) == []


def test_no_right(stranger: User, browser: Browser, run: MakeRun) -> None:
    run()
    assert browser(stranger).get(RUNS).status_code == 403


def test_nobody_is_asked_to_sign_in(browser: Browser, run: MakeRun) -> None:
    answer = browser(None).get(RUNS)
    assert (answer.status_code, answer["Location"]) == (302, f"/portal/session/sign-in/?next={'%2Fportal%2Fruns%2F'}")


def test_the_questions_to_the_database_do_not_grow(
    teammate: User, browser: Browser, run: MakeRun, make_service: MakeService
) -> None:
    client = browser(teammate)

    def ask() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(RUNS, {"status": "PENDING"}).status_code == 200
        return len(queries)

    for _ in range(5):
        run()
    ask()  # remembers the organization of the host
    few = ask()
    for number in range(45):
        run()
        make_service(title=f"S{number}")
    assert (few, ask()) == (5, 5)


@pytest.mark.parametrize("filters", ["", "status=PENDING&"])
def test_it_goes_on_after_the_last(
    teammate: User, browser: Browser, run: MakeRun, filters: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.portal.pages.history.RUNS_ON_A_PAGE", 2)
    made = [str(run().pk) for _ in range(3)]
    client = browser(teammate)
    page = client.get(f"{RUNS}?{filters}").content.decode()
    assert LINK.findall(page) == [made[2], made[1]]
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', page)
    assert older is not None
    page = client.get(RUNS + older[1].replace("&amp;", "&")).content.decode()
    assert LINK.findall(page) == [made[0]]
    assert "Newest" in page
    assert "Older" not in page
