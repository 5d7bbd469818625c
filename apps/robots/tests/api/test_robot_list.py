from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import TagGrant, User
from apps.robots.models import Robot
from apps.robots.tests.api.guarded import Clients
from apps.robots.tests.factories import robot_made, version_made
from apps.tenants.models import Organization

URL = "/api/v1/robots"


@pytest.fixture
def robots(organization: Organization) -> list[Robot]:
    schema = organization.schema_name
    return [
        robot_made(schema, "Boletos", tags=["financeiro", "bancos"], pool="gpu"),
        robot_made(schema, "Admissão", tags=["rh"], description="Cadastra pessoas"),
        robot_made(schema, "Conciliação", tags=["financeiro"]),
    ]


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return [robot["name"] for robot in answer.json()["robots"]]


def test_it_works(client_of: Clients, viewer: User, robots: list[Robot]) -> None:
    answer = client_of(viewer).get(URL)
    assert names(answer) == ["Admissão", "Boletos", "Conciliação"]
    assert answer.json()["pagination"] == {"page": 1, "limit": 10, "total": 3, "pages": 1}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"tag": "financeiro"}, ["Boletos", "Conciliação"]),
        ({"tag": "fin"}, []),
        ({"search": "CONCIL"}, ["Conciliação"]),
        ({"search": "pessoas"}, ["Admissão"]),
        ({"pool": "gpu"}, ["Boletos"]),
        ({"tag": "financeiro", "pool": "default"}, ["Conciliação"]),
        ({"page": "2", "limit": "2"}, ["Conciliação"]),
        ({"page": "9"}, []),
        ({"ordering": "-name"}, ["Conciliação", "Boletos", "Admissão"]),
        ({"ordering": "created_at"}, ["Boletos", "Admissão", "Conciliação"]),
        ({"ordering": "-updated_at"}, ["Conciliação", "Admissão", "Boletos"]),
    ],
)
def test_filters(
    client_of: Clients, viewer: User, robots: list[Robot], query: dict[str, str], expected: list[str]
) -> None:
    assert names(client_of(viewer).get(URL, query)) == expected


def test_archived_ones_are_not_there(client_of: Clients, viewer: User, owner: User, robots: list[Robot]) -> None:
    assert client_of(owner).delete(f"{URL}/{robots[0].pk}").status_code == 204
    assert names(client_of(viewer).get(URL)) == ["Admissão", "Conciliação"]


def test_only_what_the_actor_may_see(
    client_of: Clients, viewer: User, robots: list[Robot], grant: Callable[..., Any]
) -> None:
    grant(viewer, "robot.read", robots[1])
    TagGrant.objects.create(user=viewer, action="robot.read", scope_tag="bancos")
    assert names(client_of(viewer).get(URL)) == ["Admissão", "Boletos"]


def test_other_organizations_see_their_own(client_of: Clients, foreigner: User, robots: list[Robot]) -> None:
    assert names(client_of(foreigner).get(URL)) == []


def test_queries_do_not_grow_with_the_list(
    client_of: Clients, viewer: User, organization: Organization, robots: list[Robot]
) -> None:
    def queries() -> int:
        client = client_of(viewer)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(URL, {"limit": 100}).status_code == 200
        return len(captured)

    few = queries()
    for number in range(12):
        version_made(organization.schema_name, robot_made(organization.schema_name, f"Robot {number}"))
    assert queries() <= few + 1  # the versions' prefetch


@pytest.mark.parametrize(
    "query", [{"page": "0"}, {"limit": "101"}, {"limit": "x"}, {"etiqueta": "rh"}, {"ordering": "pool"}]
)
def test_wrong_query(client_of: Clients, viewer: User, query: dict[str, str]) -> None:
    assert client_of(viewer).get(URL, query).status_code == 422


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_without_the_right(client_of: Clients, stranger: User) -> None:
    assert client_of(stranger).get(URL).status_code == 403
