"""Executions in an organization's back-office."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.executions.models import LogChunk
from apps.executions.services.logs import LogLine, log_append
from apps.executions.tests.conftest import Start, stored

PAGES = ("execution", "logchunk", "artifact")


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
