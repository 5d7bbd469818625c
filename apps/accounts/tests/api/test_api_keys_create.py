"""POST /api/v1/api-keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import ApiKey, Role, User
from apps.events.models import Event
from conftest import PASSWORD

URL, ME, USERS = "/api/v1/api-keys", "/api/v1/auth/me", "/api/v1/users"
BODY: dict[str, Any] = {"name": "ci", "permissions": ["robot.read", "robot.run", "robot.read"]}
Clients = Callable[[User | None], APIClient]


def test_it_works(client_of: Clients, teammate: User, api: APIClient) -> None:
    expires_at = timezone.now() + timedelta(days=1)
    answer = client_of(teammate).post(URL, BODY | {"expires_at": expires_at.isoformat()})
    assert answer.status_code == 201, answer.data
    body = answer.json()
    assert set(body) == {"id", "name", "prefix", "key", "permissions", "expires_at", "created_at"}
    assert body["permissions"] == ["robot.read", "robot.run"]
    assert body["key"].startswith(f"{body['prefix']}.")
    me = api.get(ME, HTTP_X_API_KEY=body["key"]).json()["user"]
    assert (me["id"], me["permissions"]) == (str(teammate.pk), ["robot.read", "robot.run"])
    assert Event.objects.get(name="api_key.created").data == {"permissions": ["robot.read", "robot.run"]}


def test_the_secret_is_nowhere_stored(client_of: Clients, teammate: User) -> None:
    secret = client_of(teammate).post(URL, BODY).json()["key"].partition(".")[2]
    stored = ApiKey.objects.values().get()
    assert secret not in str(stored)
    assert secret not in str(list(Event.objects.values()))


def test_in_use_it_has_what_both_it_and_its_maker_hold_now(client_of: Clients, owner: User, api: APIClient) -> None:
    key = client_of(owner).post(URL, {"name": "hr", "permissions": ["admin.manage"]}).json()["key"]
    assert api.get(USERS, HTTP_X_API_KEY=key).status_code == 200
    User.objects.filter(pk=owner.pk).update(role=Role.objects.get(slug="viewer"))
    assert api.get(USERS, HTTP_X_API_KEY=key).status_code == 403
    assert api.get(ME, HTTP_X_API_KEY=key).json()["user"]["permissions"] == []


def test_it_does_not_have_what_its_maker_alone_holds(client_of: Clients, owner: User, api: APIClient) -> None:
    key = client_of(owner).post(URL, BODY).json()["key"]
    assert api.get(USERS, HTTP_X_API_KEY=key).status_code == 403


def test_an_unknown_permission_is_422(client_of: Clients, teammate: User) -> None:
    answer = client_of(teammate).post(URL, BODY | {"permissions": ["robot.read", "robot.fly"]})
    assert (answer.status_code, answer.json()["error_code"]) == (422, "unknown_permission")
    assert len(answer.json()["errors"]["permissions"]) == 1


@pytest.mark.parametrize("action", ["admin.manage", "platform.manage", "robot.publish"])
def test_a_permission_the_maker_lacks_is_403(client_of: Clients, teammate: User, action: str) -> None:
    answer = client_of(teammate).post(URL, BODY | {"permissions": ["robot.read", action]})
    assert (answer.status_code, answer.json()["error_code"]) == (403, "permission_not_held")
    assert answer.json()["permissions"] == [action]


def test_a_key_makes_no_key(client_of: Clients, teammate: User, api: APIClient) -> None:
    key = client_of(teammate).post(URL, BODY).json()["key"]
    assert api.post(URL, BODY, HTTP_X_API_KEY=key).status_code == 403


def test_more_keys_than_one_person_may_hold_are_409(
    client_of: Clients, teammate: User, viewer: User, settings: Any
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"api_keys_per_person": 2})
    client = client_of(teammate)
    first = client.post(URL, BODY).json()
    assert client.post(URL, BODY).status_code == 201
    answer = client.post(URL, BODY)
    assert (answer.status_code, answer.json()["error_code"], answer.json()["limit"]) == (409, "too_many_api_keys", 2)
    assert client_of(viewer).post(URL, BODY | {"permissions": ["robot.read"]}).status_code == 201
    assert client.delete(f"{URL}/{first['id']}").status_code == 204
    assert client.post(URL, BODY).status_code == 201


def test_a_browser_s_cookie_is_no_way_around_the_page_that_asks_for_the_password(teammate: User) -> None:
    browser = Client(SERVER_NAME="acme.localhost")
    browser.force_login(teammate)
    assert browser.post(URL, BODY, content_type="application/json").status_code == 201, "who has none is asked for none"
    teammate.set_password(PASSWORD)
    teammate.save(update_fields=["password"])
    browser.force_login(teammate)
    answer = browser.post(URL, BODY, content_type="application/json")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "wrong_password")
    assert ApiKey.objects.count() == 1


def test_what_has_expired_does_not_count(client_of: Clients, teammate: User, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"api_keys_per_person": 1})
    client = client_of(teammate)
    client.post(URL, BODY)
    ApiKey.objects.update(expires_at=timezone.now())
    assert client.post(URL, BODY).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"permissions": []},
        {"permissions": "robot.read"},
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"expires_at": "tomorrow"},
        {"user_id": "x"},
    ],
)
def test_nonsense_is_422(client_of: Clients, teammate: User, change: dict[str, Any]) -> None:
    assert client_of(teammate).post(URL, BODY | change).status_code == 422


def test_nobody_is_401(client_of: Clients) -> None:
    assert client_of(None).post(URL, BODY).status_code == 401


def test_many_keys_are_no_way_past_the_rates(client_of: Clients, viewer: User, settings: Any) -> None:
    """Each has a rate of its own, and all of a person's together have one."""
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_api": "3/minute", "rate_limit_api_keys": "5/minute"})
    client, statuses = client_of(viewer), []
    keys = [
        client.post("/api/v1/api-keys", {"name": name, "permissions": ["run.read"]}).json()["key"] for name in "abc"
    ]
    for key in [keys[0]] * 4 + keys[1:] * 2:
        answer = APIClient(SERVER_NAME="localhost").get("/api/v1/runs", HTTP_X_API_KEY=key)
        statuses.append(answer.status_code)
    assert statuses == [200, 200, 200, 429, 200, 200, 429, 429]
