"""Executions in an organization's back-office."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.events.models import Event
from apps.executions.models import LogChunk, Retention
from apps.executions.services.logs import LogLine, log_append
from apps.executions.tests.conftest import Start, stored

PAGES = ("execution", "logchunk", "artifact", "retention")
RETENTION = "/admin/executions/retention/"


def browser_of(user: Any) -> Client:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(user)
    return client


def test_it_works(owner: Any, start: Start) -> None:
    browser, lease = browser_of(owner), start()
    log_append(lease, [LogLine(timezone.now(), "INFO", "stdout", "hello")], now=timezone.now())
    for page in PAGES:
        assert browser.get(f"/admin/executions/{page}/").status_code == 200
    execution = browser.get(f"/admin/executions/execution/{lease.execution_id}/change/")
    assert execution.status_code == 200
    assert str(lease.token) not in execution.content.decode()
    chunk = LogChunk.objects.get()
    assert "hello" in browser.get(f"/admin/executions/logchunk/{chunk.pk}/change/").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_without_the_right_it_is_403(stranger: Any, page: str) -> None:
    assert browser_of(stranger).get(f"/admin/executions/{page}/").status_code == 403


def test_nothing_is_made_changed_or_deleted_by_hand(owner: Any, start: Start) -> None:
    browser, lease = browser_of(owner), start()
    assert browser.get("/admin/executions/execution/add/").status_code == 403
    assert (
        browser.post(f"/admin/executions/execution/{lease.execution_id}/change/", {"status": "lost"}).status_code == 403
    )
    assert browser.post(f"/admin/executions/execution/{lease.execution_id}/delete/").status_code == 403
    assert stored(lease).status == "running"


def test_retention_above_what_would_go(owner: Any, aged: Any) -> None:
    aged(20)
    browser = browser_of(owner)
    days = {"runs_days": "30", "logs_days": "15", "artifacts_days": "10"}
    answer = browser.post(RETENTION, days)
    assert (answer.status_code, answer["Location"]) == (302, RETENTION)
    assert Event.objects.get(name="retention.updated").actor_id == str(owner.pk)
    page = browser.get(RETENTION)
    preview = page.context["original"].preview
    assert (preview.runs.count, preview.logs.count, preview.artifacts.count) == (0, 1, 1)
    assert "<td>5\xa0bytes</td>" in page.content.decode()


@pytest.mark.parametrize(
    "days",
    [
        {"runs_days": "0"},
        {"runs_days": "3651"},
        {"runs_days": "many"},
        {"runs_days": "10", "logs_days": "11", "artifacts_days": "10"},
    ],
)
def test_retention_that_cannot_be_is_told(owner: Any, organization: Any, days: dict[str, str]) -> None:
    filled = {"runs_days": "90", "logs_days": "30", "artifacts_days": "30"} | days
    answer = browser_of(owner).post(RETENTION, filled)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not Retention.objects.exists()


def test_retention_without_the_right(viewer: Any) -> None:
    assert browser_of(viewer).get(RETENTION).status_code == 403
    assert browser_of(viewer).post(RETENTION, {"runs_days": "1"}).status_code == 403
