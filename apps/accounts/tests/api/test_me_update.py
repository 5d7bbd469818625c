"""PATCH /api/v1/auth/me."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.events.models import Event

URL = "/api/v1/auth/me"
Clients = Callable[[User | None], APIClient]


def test_it_works(client_of: Clients, viewer: User) -> None:
    api = client_of(viewer)
    body = {"name": "Vera", "phone": "+55 11 5555-0100", "locale": "pt-BR", "timezone": "America/Sao_Paulo"}
    answer = api.patch(URL, body)
    assert answer.status_code == 200
    assert {name: answer.json()["user"][name] for name in body} == body
    viewer.refresh_from_db()
    assert {name: getattr(viewer, name) for name in body} == body
    changed = Event.objects.get(name="user.updated")
    assert changed.data == {"changed": ["locale", "name", "phone", "timezone"]}
    assert changed.actor_id == changed.subject_id == str(viewer.pk)
    assert api.get(URL).json() == answer.json()


@pytest.mark.parametrize("body", [{}, {"name": "Viewer"}])
def test_nothing_new_changes_nothing(client_of: Clients, viewer: User, body: dict[str, str]) -> None:
    assert client_of(viewer).patch(URL, body).status_code == 200
    assert not Event.objects.filter(name="user.updated").exists()


def test_phone_language_and_zone_can_be_taken_back(client_of: Clients, viewer: User) -> None:
    api = client_of(viewer)
    api.patch(URL, {"phone": "1", "locale": "en", "timezone": "UTC"})
    answer = api.patch(URL, {"phone": "", "locale": "", "timezone": ""})
    assert answer.status_code == 200
    assert [answer.json()["user"][name] for name in ("phone", "locale", "timezone")] == ["", "", ""]


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""}, {"name": " "}, {"name": None}, {"name": "Vera\nOpen evil.example"}, {"name": "x" * 151},
        {"phone": 55}, {"locale": "fr"}, {"locale": True},
        {"timezone": "Mars/Olympus"}, {"timezone": "../etc/passwd"}, {"timezone": "localtime"},
        {"email": "boss@acme.example"}, {"role": "org_admin"}, {"is_active": True}, {"password": "Another-horse-8"},
    ],
    ids=str,
)  # fmt: skip
def test_the_wrong_shape_is_422(client_of: Clients, viewer: User, body: dict[str, Any]) -> None:
    assert client_of(viewer).patch(URL, body).status_code == 422
    viewer.refresh_from_db()
    assert (viewer.email, viewer.role.slug) == ("viewer@acme.example", "viewer")


def test_nobody_is_401(client_of: Clients) -> None:
    assert client_of(None).patch(URL, {"name": "Vera"}).status_code == 401


def test_a_key_changes_nobody(client_of: Clients, viewer: User, api: APIClient) -> None:
    key = client_of(viewer).post("/api/v1/api-keys", {"name": "ci", "permissions": ["robot.read"]}).json()["key"]
    assert api.patch(URL, {"name": "Vera"}, HTTP_X_API_KEY=key).status_code == 403


def test_a_stale_tag_is_412(client_of: Clients, viewer: User) -> None:
    api = client_of(viewer)
    tag = api.get(URL)["ETag"]
    fresh = api.patch(URL, {"name": "Vera"}, HTTP_IF_MATCH=tag)
    assert fresh.status_code == 200
    assert api.patch(URL, {"name": "Vera II"}, HTTP_IF_MATCH=tag).status_code == 412
    assert api.patch(URL, {"name": "Vera II"}, HTTP_IF_MATCH=fresh["ETag"]).status_code == 200
