"""GET /api/v1/users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.selectors.users import users_visible
from apps.common.actor import Actor
from conftest import make_user

URL = "/api/v1/users"
Clients = Callable[[User | None], APIClient]


@pytest.fixture
def crowd(owner: User, maintainer: User, teammate: User, viewer: User) -> list[User]:
    User.objects.filter(pk=viewer.pk).update(is_active=False, username="vi")
    User.objects.filter(pk=teammate.pk).update(last_login=timezone.now())
    return [owner, maintainer, teammate, viewer]


def emails(client: APIClient, query: str = "") -> list[str]:
    answer = client.get(f"{URL}{query}")
    assert answer.status_code == 200, answer.data
    return [user["email"].partition("@")[0] for user in answer.json()["users"]]


@pytest.mark.usefixtures("crowd")
def test_it_works(client_of: Clients, owner: User) -> None:
    answer = client_of(owner).get(URL)
    assert answer.json()["pagination"] == {"page": 1, "limit": 10, "total": 4, "pages": 1}
    assert emails(client_of(owner)) == ["maintainer", "owner", "teammate", "viewer"]


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?search=TEAM", ["teammate"]),
        ("?search=vi", ["viewer"]),
        ("?search=&role=viewer", ["viewer"]),
        ("?search=%25", []),
        ("?role=operator", ["teammate"]),
        ("?role=Admin", ["owner"]),
        ("?is_active=false", ["viewer"]),
        ("?is_active=true&role=viewer", []),
        ("?ordering=-email", ["viewer", "teammate", "owner", "maintainer"]),
        ("?ordering=created_at", ["owner", "maintainer", "teammate", "viewer"]),
        ("?ordering=-last_login_at", ["teammate", "viewer", "maintainer", "owner"]),
        ("?ordering=last_login_at&limit=1", ["teammate"]),
        ("?page=2&limit=3", ["viewer"]),
        ("?page=9", []),
    ],
)
def test_filters(client_of: Clients, owner: User, query: str, found: list[str]) -> None:
    assert emails(client_of(owner), query) == found


@pytest.mark.parametrize(
    "query", ["?role=boss", "?is_active=maybe", "?ordering=password", "?limit=101", "?page=0", "?color=red"]
)
def test_unknown_filter_values_are_422(client_of: Clients, owner: User, query: str) -> None:
    assert client_of(owner).get(f"{URL}{query}").status_code == 422


def test_the_number_of_queries_does_not_grow(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    client.get(URL)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{URL}?limit=100").status_code == 200
        return len(captured)

    before = queries()
    for number in range(30):
        make_user(f"person{number}@acme.example", "viewer")
    assert queries() == before


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("filters", "order", "index"),
    [
        ({"search": "team"}, "email", "user_search"),
        ({}, "email", "user_by_email"),
        ({}, "name", "user_by_name"),
        ({}, "created_at", "user_by_age"),
    ],
)
def test_what_big_organizations_ask_reads_an_index(
    actor: Callable[[User], Actor], owner: User, filters: dict[str, Any], order: str, index: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"SET LOCAL {'enable_indexscan' if filters else 'enable_sort'} = off")
    assert index in users_visible(actor=actor(owner), **filters).order_by(order, "id")[:50].explain()


def test_nobody_is_401(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_without_the_right_it_is_403(client_of: Clients, maintainer: User) -> None:
    assert client_of(maintainer).get(URL).status_code == 403


def test_a_foreigner_sees_only_their_own(client_of: Clients, owner: User, foreigner: User) -> None:
    assert emails(client_of(foreigner)) == ["foreigner"]
    assert "foreigner" not in emails(client_of(owner))
