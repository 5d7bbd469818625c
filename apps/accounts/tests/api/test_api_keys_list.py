"""GET /api/v1/api-keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User

URL = "/api/v1/api-keys"
Clients = Callable[[User | None], APIClient]


@pytest.fixture
def keys(client_of: Clients, owner: User, teammate: User) -> dict[str, Any]:
    return {
        user.email: client_of(user).post(URL, {"name": user.name, "permissions": ["robot.read"]}).json()
        for user in (owner, teammate)
    }


def names(answer: Any) -> set[str]:
    assert answer.status_code == 200
    return {key["name"] for key in answer.json()["api_keys"]}


def test_it_works(client_of: Clients, teammate: User, keys: dict[str, Any]) -> None:
    answer = client_of(teammate).get(URL)
    assert names(answer) == {"Teammate"}
    assert answer.json()["pagination"]["total"] == 1
    key = answer.json()["api_keys"][0]
    assert "key" not in key
    assert keys[teammate.email]["key"].partition(".")[2] not in str(answer.json())
    assert key["user_id"] == str(teammate.pk)


@pytest.mark.usefixtures("keys")
def test_an_administrator_sees_all(client_of: Clients, owner: User) -> None:
    assert names(client_of(owner).get(URL)) == {"Owner", "Teammate"}


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Teammate", "Owner"]),
        ({"ordering": "created_at"}, ["Owner", "Teammate"]),
        ({"ordering": "-name"}, ["Teammate", "Owner"]),
        ({"ordering": "-expires_at"}, ["Teammate", "Owner"]),
        ({"ordering": "last_used_at"}, ["Owner", "Teammate"]),
        ({"search": "OWN"}, ["Owner"]),
        ({"search": "nobody"}, []),
    ],
)
def test_ordered_and_searched(client_of: Clients, owner: User, query: dict[str, str], expected: list[str]) -> None:
    answer = client_of(owner).get(URL, query)
    assert [key["name"] for key in answer.json()["api_keys"]] == expected


@pytest.mark.parametrize("query", [{"ordering": "secret_hash"}, {"ordering": "-"}, {"revoked": "true"}])
def test_wrong_query(client_of: Clients, owner: User, query: dict[str, str]) -> None:
    assert client_of(owner).get(URL, query).status_code == 422


def test_the_prefix_is_searched_and_the_secret_is_not(client_of: Clients, owner: User, keys: dict[str, Any]) -> None:
    prefix, _dot, secret = keys[owner.email]["key"].partition(".")
    assert names(client_of(owner).get(URL, {"search": prefix})) == {"Owner"}
    assert names(client_of(owner).get(URL, {"search": secret})) == set()


@pytest.mark.usefixtures("keys")
def test_a_foreigner_sees_none(client_of: Clients, foreigner: User) -> None:
    assert names(client_of(foreigner).get(URL)) == set()


def test_nobody_is_401(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401
