"""What is said of a run now: by the page's selectors alone, for templates ask the database nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string

from apps.accounts.models import User
from apps.dispatch.services.workers import WorkerIdentity, worker_seen
from apps.robots.models import Run
from apps.robots.selectors.runs import run_get, run_waits_for_nobody
from apps.robots.tests.factories import run_ended

SAID = "No worker takes work from robots.default now"


@pytest.mark.parametrize("nobody", [True, False])
def test_it_works(run: Run, nobody: bool, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        said = render_to_string("robots/run_state.html", {"run": run, "queue": None, "waits_for_nobody": nobody})
    assert (SAID in said) == nobody


def test_a_worker_of_the_queue_is_somebody(run: Run) -> None:
    assert run_waits_for_nobody(run)
    worker_seen(worker=WorkerIdentity(name="w", host="h", pid=1, queues=["robots.default"], slots=1), busy=0)
    assert not run_waits_for_nobody(run)


def test_what_has_ended_waits_no_more(owner: User, actor: Any, run: Run) -> None:
    run_ended(run)
    assert not run_waits_for_nobody(run_get(actor=actor(owner), run_id=run.pk))
