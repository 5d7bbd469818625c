"""POST /api/v1/auth/logout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.tests.api.test_refresh import LOGIN, me, refresh
from apps.events.models import Event
from conftest import PASSWORD

URL = "/api/v1/auth/logout"


@pytest.fixture
def sign_in(api: APIClient, member: User) -> Callable[[], dict[str, Any]]:
    return lambda: api.post(LOGIN, {"email": member.email, "password": PASSWORD}).json()


def logout(api: APIClient, access: str, body: dict[str, Any] | None = None) -> Any:
    return api.post(URL, body, HTTP_AUTHORIZATION=f"Bearer {access}")


def test_it_works(api: APIClient, sign_in: Callable[[], dict[str, Any]]) -> None:
    tokens = sign_in()
    answer = logout(api, tokens["access_token"])
    assert (answer.status_code, answer.content) == (204, b"")
    assert me(api, tokens["access_token"]) == 401
    assert refresh(api, tokens["refresh_token"]).status_code == 401
    assert Event.objects.get(name="session.revoked").data == {"reason": "signed_out"}


def test_other_sessions_go_on(api: APIClient, sign_in: Callable[[], dict[str, Any]]) -> None:
    tokens, other = sign_in(), sign_in()
    logout(api, tokens["access_token"])
    assert me(api, other["access_token"]) == 200


def test_with_a_refresh_token_that_session_ends_too(api: APIClient, sign_in: Callable[[], dict[str, Any]]) -> None:
    tokens, other = sign_in(), sign_in()
    assert logout(api, tokens["access_token"], {"refresh_token": other["refresh_token"]}).status_code == 204
    assert me(api, tokens["access_token"]) == 401
    assert me(api, other["access_token"]) == 401


def test_a_refresh_token_of_somebody_else_is_left_alone(
    api: APIClient, sign_in: Callable[[], dict[str, Any]], client_of: Callable[[User | None], APIClient], viewer: User
) -> None:
    tokens = sign_in()
    answer = client_of(viewer).post(URL, {"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 204
    assert me(api, tokens["access_token"]) == 200


def test_nobody_is_401(api: APIClient) -> None:
    assert api.post(URL).status_code == 401


def test_twice_is_401(api: APIClient, sign_in: Callable[[], dict[str, Any]]) -> None:
    tokens = sign_in()
    assert [logout(api, tokens["access_token"]).status_code for _ in range(2)] == [204, 401]


def test_an_api_key_has_no_session(api: APIClient, sign_in: Callable[[], dict[str, Any]]) -> None:
    access = f"Bearer {sign_in()['access_token']}"
    body = {"name": "ci", "permissions": ["robot.read"]}
    key = api.post("/api/v1/api-keys", body, HTTP_AUTHORIZATION=access).json()["key"]
    answer = api.post(URL, HTTP_X_API_KEY=key)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "no_session")
