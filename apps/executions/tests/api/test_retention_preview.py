"""GET /api/v1/retention/preview."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.events.models import Event
from apps.executions.models import Artifact, Execution, LogChunk, Retention
from apps.executions.services.retention import executions_prune
from apps.executions.tests.conftest import NOW

Clients = Callable[[User | None], APIClient]
URL = "/api/v1/retention/preview"
NOTHING = {"count": 0, "bytes": 0, "oldest": None, "newest": None}


@pytest.fixture
def kept(organization: Any) -> Retention:
    return Retention.objects.create(runs_days=90, logs_days=30, artifacts_days=10)


def days_ago(kind: dict[str, Any]) -> tuple[int, int]:
    """How long ago the oldest and the newest ended."""
    oldest, newest = (datetime.fromisoformat(kind[name]) for name in ("oldest", "newest"))
    return (NOW - oldest).days, (NOW - newest).days


def test_it_works(client_of: Clients, owner: User, aged: Any, kept: Retention) -> None:
    for days in (200, 91, 31, 11, 9, None):
        aged(days)
    answer = client_of(owner).get(URL)
    assert answer.status_code == 200
    body = answer.json()
    assert {kind: body[kind]["count"] for kind in ("runs", "logs", "artifacts")} == {
        "runs": 2,
        "logs": 3,
        "artifacts": 4,
    }
    assert days_ago(body["runs"]) == (200, 91)
    assert days_ago(body["logs"]) == (200, 31)
    assert days_ago(body["artifacts"]) == (200, 11)
    assert body["artifacts"]["bytes"] == 20
    assert body["runs"]["bytes"] > 0
    assert body["logs"]["bytes"] > 0
    assert timedelta() <= datetime.fromisoformat(body["at"]) - NOW


def test_it_writes_nothing(client_of: Clients, owner: User, aged: Any, kept: Retention) -> None:
    aged(200)
    events = Event.objects.count()
    client_of(owner).get(URL)
    assert (Execution.objects.count(), LogChunk.objects.count(), Artifact.objects.count()) == (1, 1, 1)
    assert Event.objects.count() == events


def test_that_is_what_goes(client_of: Clients, owner: User, aged: Any, kept: Retention) -> None:
    for days in (200, 31, 11, 9, None):
        aged(days)
    client = client_of(owner)
    body = client.get(URL).json()
    removed = executions_prune(keep=kept, now=NOW)
    assert body["runs"]["count"] == removed.executions
    assert body["logs"]["count"] == removed.executions + removed.logs
    assert (body["artifacts"]["count"], body["artifacts"]["bytes"]) == (removed.artifacts, removed.bytes)
    assert [client.get(URL).json()[kind] for kind in ("runs", "logs", "artifacts")] == [NOTHING] * 3


def test_without_anything_to_remove(client_of: Clients, owner: User) -> None:
    body = client_of(owner).get(URL).json()
    assert [body[kind] for kind in ("runs", "logs", "artifacts")] == [NOTHING] * 3


@pytest.mark.parametrize("who", ["viewer", "teammate", "maintainer", "stranger"])
def test_without_the_right(client_of: Clients, request: pytest.FixtureRequest, who: str) -> None:
    assert client_of(request.getfixturevalue(who)).get(URL).status_code == 403


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_a_foreigner_sees_the_own_one(client_of: Clients, foreigner: User, aged: Any, kept: Retention) -> None:
    aged(200)
    assert client_of(foreigner).get(URL).json()["runs"] == NOTHING


def test_queries(client_of: Clients, owner: User, aged: Any, django_assert_num_queries: Any) -> None:
    for days in (200, 100):
        aged(days)
    client = client_of(owner)
    with django_assert_num_queries(5):
        client.get(URL)
