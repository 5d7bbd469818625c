"""A run's page: the viewer of its log, what it left, stopping it and starting it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apps.accounts.models import User
from apps.executions.models import Artifact, Status
from apps.robots.models import Run
from apps.robots.tests.admin.conftest import Browser, texts
from apps.robots.tests.factories import robot_made, run_ended
from apps.tenants.models import Organization


def page_of(run: Run, rest: str = "change/") -> str:
    return f"/admin/robots/run/{run.pk}/{rest}"


def test_it_works(owner: User, browser: Browser, run: Run) -> None:
    page = browser(owner).get(page_of(run))
    content = page.content.decode()
    assert f'data-socket="/api/v1/ws/runs/{run.pk}/logs"' in content
    assert "robots/log/viewer.js" in content
    assert page_of(run, "cancel/") in content
    assert run.robot.name in content
    assert "No worker takes work from robots.default now" in content


def test_what_it_left(owner: User, browser: Browser, run: Run) -> None:
    kept = Artifact.objects.create(
        execution=run.execution, name="orders.csv", size=3, content_type="text/csv", storage_name="x", sha256="0" * 64
    )
    content = browser(owner).get(page_of(run)).content.decode()
    assert f"/api/v1/runs/{run.pk}/artifacts/{kept.pk}/download" in content


def test_cancel(owner: User, browser: Browser, run: Run) -> None:
    answer = browser(owner).post(page_of(run, "cancel/"))
    assert answer["Location"] == page_of(run)
    run.execution.refresh_from_db()
    assert run.execution.status == Status.CANCELLED


def test_what_ended_is_not_cancelled(owner: User, browser: Browser, run: Run) -> None:
    run_ended(run)
    assert any("finished" in text for text in texts(browser(owner).post(page_of(run, "cancel/"))))


def test_run_again(owner: User, browser: Browser, run: Run) -> None:
    run_ended(run, Status.FAILED)
    answer = browser(owner).post(page_of(run, "retry/"))
    assert answer["Location"] == page_of(Run.objects.get(retry_of=run))


def test_what_has_not_ended_is_not_run_again(owner: User, browser: Browser, run: Run) -> None:
    answer = browser(owner).post(page_of(run, "retry/"))
    assert answer["Location"] == page_of(run)
    assert texts(answer)
    assert Run.objects.count() == 1


def test_who_only_looks(viewer: User, browser: Browser, run: Run) -> None:
    client = browser(viewer)
    content = client.get(page_of(run)).content.decode()
    assert page_of(run, "cancel/") not in content
    assert page_of(run, "retry/") not in content
    client.post(page_of(run, "cancel/"))
    run.execution.refresh_from_db()
    assert run.execution.status == Status.PENDING


def test_a_run_that_may_not_be_seen(
    teammate: User, browser: Browser, organization: Organization, run: Run, grant: Callable[..., Any]
) -> None:
    grant(teammate, "run.read", robot_made(organization.schema_name, "The only one seen"))
    client = browser(teammate)
    assert client.get(page_of(run)).status_code == 302
    client.post(page_of(run, "cancel/"))
    run.execution.refresh_from_db()
    assert run.execution.status == Status.PENDING


def test_what_an_argument_says_is_text(owner: User, browser: Browser, run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(arguments=["<script>alert(1)</script>"], parameters={"a": {"<b>": ["<i>"]}})
    content = browser(owner).get(page_of(run)).content.decode()
    assert "<script>alert" not in content
    assert "&lt;i&gt;" in content


@pytest.mark.parametrize("rest", ["cancel/", "retry/"])
def test_what_acts_is_posted(owner: User, browser: Browser, run: Run, rest: str) -> None:
    assert browser(owner).get(page_of(run, rest)).status_code == 405


def test_nobody_known_is_sent_to_sign_in(organization: Organization, run: Run, client: Any) -> None:
    client.defaults["SERVER_NAME"] = f"{organization.slug}.localhost"
    assert "/admin/login/" in client.post(page_of(run, "cancel/"))["Location"]
