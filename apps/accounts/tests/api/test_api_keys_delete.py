"""DELETE /api/v1/api-keys/{id}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.events.models import Event

URL, ME = "/api/v1/api-keys", "/api/v1/auth/me"
Clients = Callable[[User | None], APIClient]


@pytest.fixture
def made(client_of: Clients, teammate: User) -> dict[str, Any]:
    return dict(client_of(teammate).post(URL, {"name": "ci", "permissions": ["robot.read"]}).json())


@pytest.mark.parametrize("who", ["teammate", "owner"])
def test_it_works(
    client_of: Clients, made: dict[str, Any], api: APIClient, who: str, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(who))
    assert client.delete(f"{URL}/{made['id']}").status_code == 204
    assert api.get(ME, HTTP_X_API_KEY=made["key"]).status_code == 401
    assert client.get(URL).json()["api_keys"] == []
    assert client.delete(f"{URL}/{made['id']}").status_code == 404
    assert Event.objects.filter(name="api_key.revoked", subject_id=made["id"]).count() == 1


@pytest.mark.parametrize("who", ["maintainer", "viewer", "foreigner"])
def test_somebody_elses_is_404(
    client_of: Clients, made: dict[str, Any], api: APIClient, who: str, request: pytest.FixtureRequest
) -> None:
    answer = client_of(request.getfixturevalue(who)).delete(f"{URL}/{made['id']}")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "api_key_not_found")
    assert api.get(ME, HTTP_X_API_KEY=made["key"]).status_code == 200


def test_nobody_is_401(client_of: Clients, made: dict[str, Any]) -> None:
    assert client_of(None).delete(f"{URL}/{made['id']}").status_code == 401
