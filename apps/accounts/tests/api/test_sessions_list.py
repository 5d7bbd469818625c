"""GET /api/v1/auth/sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Session, User

URL = "/api/v1/auth/sessions"
Clients = Callable[[User | None], APIClient]


def begun(user: User, **fields: Any) -> Session:
    now = timezone.now()
    given = {
        "last_used_at": now - timedelta(hours=1),
        "expires_at": now + timedelta(days=1),
        "device": "phone",
    } | fields
    session: Session = Session.objects.create(user=user, **given)
    return session


def test_it_works(client_of: Clients, viewer: User) -> None:
    api, other = client_of(viewer), begun(viewer, ip="192.0.2.9")
    body = api.get(URL).json()
    assert body["pagination"] == {"page": 1, "limit": 10, "total": 2, "pages": 1}
    mine, second = body["sessions"]
    asking = Session.objects.exclude(pk=other.pk).get()
    assert (mine["id"], mine["device"], mine["current"]) == (str(asking.pk), "tests", True)
    assert set(second) == {"id", "device", "ip", "created_at", "last_used_at", "current"}
    assert (second["id"], second["device"], second["ip"]) == (str(other.pk), "phone", "192.0.2.9")
    assert second["current"] is False


def test_only_ones_own_that_live(client_of: Clients, viewer: User, owner: User) -> None:
    begun(owner)
    begun(viewer, revoked_at=timezone.now())
    begun(viewer, expires_at=timezone.now())
    assert [each["current"] for each in client_of(viewer).get(URL).json()["sessions"]] == [True]


def test_pages(client_of: Clients, viewer: User) -> None:
    api = client_of(viewer)
    for _ in range(3):
        begun(viewer)
    body = api.get(URL, {"limit": 3, "page": 2}).json()
    assert (len(body["sessions"]), body["pagination"]["pages"]) == (1, 2)
    assert api.get(URL, {"user": "x"}).status_code == 422


def test_ordering(client_of: Clients, viewer: User) -> None:
    api, other = client_of(viewer), begun(viewer)
    for ordering, first in (("last_used_at", True), ("-last_used_at", False), ("-created_at", True)):
        sessions = api.get(URL, {"ordering": ordering}).json()["sessions"]
        assert (sessions[0]["id"] == str(other.pk)) is first
    assert api.get(URL, {"ordering": "ip"}).status_code == 422


def test_it_takes_three_queries_whatever_there_is(client_of: Clients, viewer: User) -> None:
    api = client_of(viewer)
    api.get(URL)
    for _ in range(5):
        begun(viewer)
    with CaptureQueriesContext(connection) as queries:
        api.get(URL)
    assert len(queries) == 3


def test_nobody_is_401(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_a_key_has_none(client_of: Clients, viewer: User, api: APIClient) -> None:
    key = client_of(viewer).post("/api/v1/api-keys", {"name": "ci", "permissions": ["robot.read"]}).json()["key"]
    assert api.get(URL, HTTP_X_API_KEY=key).json()["sessions"] == []


@pytest.mark.usefixtures("viewer")
def test_a_foreigner_sees_their_own(client_of: Clients, foreigner: User, viewer: User) -> None:
    begun(viewer)
    assert len(client_of(foreigner).get(URL).json()["sessions"]) == 1
