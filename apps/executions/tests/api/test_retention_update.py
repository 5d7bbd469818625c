"""PUT /api/v1/retention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.events.models import Event
from apps.executions.models import Retention
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization

Clients = Callable[[User | None], APIClient]
URL = "/api/v1/retention"
DEFAULTS = {"runs_days": 90, "logs_days": 90, "artifacts_days": 90}
WHOLE = {"runs_days": 365, "logs_days": 30, "artifacts_days": 7}


def test_it_works(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    answer = client.put(URL, WHOLE)
    assert (answer.status_code, answer.json()) == (200, WHOLE)
    assert client.get(URL).json() == WHOLE
    event = Event.objects.get(name="retention.updated")
    assert event.data == {"changed": ["artifacts_days", "logs_days", "runs_days"]} | WHOLE
    assert event.actor_id == str(owner.pk)


def test_what_is_left_out_stays(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    client.put(URL, WHOLE)
    assert client.put(URL, {"logs_days": 60}).json() == WHOLE | {"logs_days": 60}
    assert client.put(URL, {"logs_days": 365, "artifacts_days": 365}).status_code == 200


def test_changing_nothing_records_nothing(client_of: Clients, owner: User) -> None:
    for body in ({}, {"runs_days": 90}):
        assert client_of(owner).put(URL, body).json() == DEFAULTS
    assert not Event.objects.filter(name="retention.updated").exists()


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"runs_days": 30}, {"logs_days", "artifacts_days"}),
        ({"runs_days": 30, "logs_days": 30}, {"artifacts_days"}),
        ({"logs_days": 91}, {"logs_days"}),
        ({"artifacts_days": 91}, {"artifacts_days"}),
        ({"runs_days": 10, "logs_days": 11, "artifacts_days": 10}, {"logs_days"}),
    ],
)
def test_nothing_outlives_its_run(client_of: Clients, owner: User, body: dict[str, int], fields: set[str]) -> None:
    client = client_of(owner)
    answer = client.put(URL, body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "retention_order")
    assert set(answer.json()["errors"]) == fields
    assert client.get(URL).json() == DEFAULTS
    assert not Event.objects.filter(name="retention.updated").exists()


@pytest.mark.parametrize("field", ["runs_days", "logs_days", "artifacts_days"])
@pytest.mark.parametrize("value", [0, -1, 3651, 2**63, 1.5, "30", True, None])
def test_out_of_range(client_of: Clients, owner: User, field: str, value: Any) -> None:
    answer = client_of(owner).put(URL, WHOLE | {field: value})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not Retention.objects.exists()


def test_the_whole_range(client_of: Clients, owner: User) -> None:
    for days in (1, 3650):
        body = dict.fromkeys(DEFAULTS, days)
        assert client_of(owner).put(URL, body).json() == body


@pytest.mark.parametrize("body", [{"days": 5}, {"id": "x"}, {"is_only": False}, [], 5])
def test_wrong_shape(client_of: Clients, owner: User, body: Any) -> None:
    assert client_of(owner).put(URL, body).status_code == 422


@pytest.mark.parametrize("who", ["viewer", "teammate", "maintainer", "stranger"])
def test_without_the_right(client_of: Clients, request: pytest.FixtureRequest, who: str) -> None:
    assert client_of(request.getfixturevalue(who)).put(URL, WHOLE).status_code == 403
    assert not Retention.objects.exists()


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).put(URL, WHOLE).status_code == 401


def test_a_foreigner_changes_the_own_one(
    client_of: Clients, owner: User, foreigner: User, other_organization: Organization
) -> None:
    assert client_of(foreigner).put(URL, WHOLE).status_code == 200
    assert client_of(owner).get(URL).json() == DEFAULTS
    with tenant_context(other_organization):
        assert Retention.objects.get().logs_days == 30


def test_stale_entity_tag(client_of: Clients, owner: User) -> None:
    """The defaults have a tag as well, though no row stands for them."""
    client = client_of(owner)
    for days in (10, 20):
        tag = client.get(URL)["ETag"]
        assert client.put(URL, {"logs_days": days}, headers={"If-Match": tag}).status_code == 200
        answer = client.put(URL, {"logs_days": 50}, headers={"If-Match": tag})
        assert (answer.status_code, answer.json()["error_code"]) == (412, "precondition_failed")
    assert client.get(URL).json()["logs_days"] == 20


def test_queries(client_of: Clients, owner: User, django_assert_num_queries: Any) -> None:
    client = client_of(owner)
    client.put(URL, WHOLE)
    with django_assert_num_queries(7):
        client.put(URL, DEFAULTS)
