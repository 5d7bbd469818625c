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
def test_a_foreigner_sees_none(client_of: Clients, foreigner: User) -> None:
    assert names(client_of(foreigner).get(URL)) == set()


def test_nobody_is_401(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401
