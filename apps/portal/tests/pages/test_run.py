"""One run as a page: watched, stopped, started again."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.dispatch.services.workers import WorkerIdentity, worker_seen
from apps.executions.models import Execution, Status
from apps.portal.models import Service
from apps.portal.selectors.runs import answers_of
from apps.portal.services.runs import service_run
from apps.portal.services.services import service_update
from apps.portal.tests.conftest import ActorOf, Browser, grant
from apps.robots.models import Robot, Run, TriggerType


@pytest.fixture
def run(teammate: User, actor: ActorOf, service: Service) -> Run:
    return service_run(actor=actor(teammate), service=service, parameters={"periodo": "2026-02"}, now=timezone.now())


def finish(run: Run, **changes: Any) -> None:
    """As a worker would leave it."""
    now = timezone.now()
    values = {"status": Status.FAILED, "started_at": now, "finished_at": now, "error_message": "Process <returned>"}
    Execution.objects.filter(pk=run.pk).update(**(values | changes))


def test_it_works(teammate: User, browser: Browser, run: Run) -> None:
    page = browser(teammate).get(f"/portal/runs/{run.pk}/").content.decode()
    for part in (
        'data-state="PENDING"',
        f'data-socket="/api/v1/ws/runs/{run.pk}/logs"',
        f'data-stream="/api/v1/runs/{run.pk}/logs/stream"',
        "Waiting: next in line.",
        "2026-02",
        "Periodo",
        f'href="/portal/runs/{run.pk}/cancel/"',
        'href="/portal/dp-rh/"',
        "--inativos=false",
    ):
        assert part in page


def test_that_nobody_takes_it_is_said(teammate: User, browser: Browser, run: Run) -> None:
    said = "No worker takes work from robots.default now"
    assert said in browser(teammate).get(f"/portal/runs/{run.pk}/").content.decode()
    worker_seen(worker=WorkerIdentity(name="w", host="h", pid=1, queues=["robots.default"], slots=1), busy=0)
    assert said not in browser(teammate).get(f"/portal/runs/{run.pk}/").content.decode()


def test_what_went_wrong_is_said(teammate: User, browser: Browser, run: Run) -> None:
    finish(run)
    page = browser(teammate).get(f"/portal/runs/{run.pk}/").content.decode()
    assert "Process &lt;returned&gt;" in page
    assert f'href="/portal/services/{run.service_id}/?from={run.pk}"' in page


def test_options_are_called_as_they_were_offered(
    owner: User, teammate: User, browser: Browser, service: Service, actor: ActorOf
) -> None:
    options = [{"value": "n", "label": "North"}, {"value": "s", "label": "South"}]
    form = {
        "fields": [
            {"key": "periodo", "label": "Region", "type": "select", "options": options},
            {"key": "more", "label": "More", "type": "multiselect", "options": options},
            {"key": "word", "label": "Word", "type": "text"},
        ]
    }
    service = service_update(
        actor=actor(owner), service=service, changes={"form_schema_json": form}, now=timezone.now()
    )
    parameters = {"word": "n", "more": ["s", "n"], "periodo": "n"}
    run = service_run(actor=actor(teammate), service=service, parameters=parameters, now=timezone.now())
    assert [(each.label, each.value) for each in answers_of(run)] == [
        ("Region", "North"),
        ("More", ["South", "North"]),
        ("Word", "n"),
    ]
    page = browser(teammate).get(f"/portal/runs/{run.pk}/").content.decode()
    assert "South, North" in page


def test_answers_keep_the_labels_they_were_asked_with(
    owner: User, teammate: User, browser: Browser, run: Run, service: Service, actor: ActorOf
) -> None:
    form = {"fields": [{"key": "periodo", "label": "Something else", "type": "text"}]}
    service_update(actor=actor(owner), service=service, changes={"form_schema_json": form}, now=timezone.now())
    page = browser(teammate).get(f"/portal/runs/{run.pk}/").content.decode()
    assert "Periodo" in page
    assert "Something else" not in page


@pytest.mark.parametrize("given", [[{"deep": 1}], [[1]], {"deep": [1]}, {"content_base64": "eA=="}])
def test_answers_of_programs_have_any_shape(teammate: User, browser: Browser, run: Run, given: Any) -> None:
    Run.objects.filter(pk=run.pk).update(parameters={"periodo": given, "unasked": given})
    assert browser(teammate).get(f"/portal/runs/{run.pk}/").status_code == 200


def test_a_run_without_a_service_has_a_page_too(teammate: User, browser: Browser, run: Run) -> None:
    Run.objects.update(service_id=None, service_title="", service_revision=None, trigger_type=TriggerType.MANUAL)
    page = browser(teammate).get(f"/portal/runs/{run.pk}/")
    assert page.status_code == 200
    assert "Folha" in page.content.decode()


def test_a_viewer_sees_no_buttons(viewer: User, browser: Browser, run: Run) -> None:
    page = browser(viewer).get(f"/portal/runs/{run.pk}/").content.decode()
    assert "/cancel/" not in page
    assert "/retry/" not in page
    for action in ("cancel", "retry"):
        assert browser(viewer).post(f"/portal/runs/{run.pk}/{action}/").status_code == 403


def test_an_unseen_run_is_not_there(teammate: User, browser: Browser, run: Run, owner: User) -> None:
    grant(teammate, "run.read", Robot.objects.create(name="Other", created_by=owner))
    client = browser(teammate)
    assert client.get(f"/portal/runs/{run.pk}/").status_code == 404
    assert client.post(f"/portal/runs/{run.pk}/cancel/").status_code == 404


def test_stopping_asks_first(teammate: User, browser: Browser, run: Run) -> None:
    client, address = browser(teammate), f"/portal/runs/{run.pk}/cancel/"
    assert "What it has done so far stays done." in client.get(address).content.decode()
    assert Execution.objects.get().status == Status.PENDING
    answer = client.post(address)
    assert (answer.status_code, answer["Location"]) == (302, f"/portal/runs/{run.pk}/")
    assert Execution.objects.get().status == Status.CANCELLED


def test_stopping_what_has_ended_says_so(teammate: User, browser: Browser, run: Run) -> None:
    finish(run)
    page = browser(teammate).post(f"/portal/runs/{run.pk}/cancel/", follow=True)
    assert "The run has finished already." in page.content.decode()


def test_running_again(teammate: User, browser: Browser, run: Run) -> None:
    finish(run)
    client, address = browser(teammate), f"/portal/runs/{run.pk}/retry/"
    first = client.post(address, {"idempotency_key": "k"})
    assert client.post(address, {"idempotency_key": "k"})["Location"] == first["Location"]
    again = Run.objects.get(retry_of=run)
    assert first["Location"] == f"/portal/runs/{again.pk}/"
    assert "the earlier run" in client.get(first["Location"]).content.decode()


def test_coming_back_to_where_running_again_was_sent_to_leads_to_the_run(
    teammate: User, browser: Browser, run: Run
) -> None:
    """As after choosing a language where it was refused."""
    answer = browser(teammate).get(f"/portal/runs/{run.pk}/retry/")
    assert (answer.status_code, answer["Location"]) == (302, f"/portal/runs/{run.pk}/")
    assert Run.objects.count() == 1


def test_what_still_runs_does_not_run_again(teammate: User, browser: Browser, run: Run) -> None:
    page = browser(teammate).post(f"/portal/runs/{run.pk}/retry/", {"idempotency_key": "k"}, follow=True)
    assert "The run has not finished yet." in page.content.decode()
    assert Run.objects.count() == 1


def test_its_log_can_be_downloaded_by_a_browser(teammate: User, browser: Browser, run: Run) -> None:
    answer = browser(teammate).get(
        f"/api/v1/runs/{run.pk}/logs?format=text", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    )
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
