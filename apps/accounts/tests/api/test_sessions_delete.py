"""DELETE /api/v1/auth/sessions/{id}."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.authentication.pages import SESSION_KEY
from apps.accounts.models import Session, User
from apps.accounts.tests.api.test_sessions_list import URL, begun
from apps.events.models import Event
from apps.tenants.models import Organization
from conftest import PASSWORD, bearer

Clients = Callable[[User | None], APIClient]


def test_it_works_and_its_tokens_are_refused_at_once(
    client_of: Clients, member: User, organization: Organization, api: APIClient
) -> None:
    mine = client_of(member)
    tokens = api.post("/api/v1/auth/login", {"email": member.email, "password": PASSWORD}).json()
    other = Session.objects.latest("created_at")
    answer = mine.delete(f"{URL}/{other.pk}")
    assert (answer.status_code, answer.content) == (204, b"")
    header = f"Bearer {tokens['access_token']}"
    assert api.get("/api/v1/auth/me", HTTP_AUTHORIZATION=header).status_code == 401
    refresh = {"refresh_token": tokens["refresh_token"]}
    assert api.post("/api/v1/auth/refresh", refresh).status_code == 401
    assert mine.get("/api/v1/auth/me").status_code == 200
    other.refresh_from_db()
    assert other.revoked_reason == "by_owner"
    assert Event.objects.filter(name="session.revoked", subject_id=str(other.pk)).count() == 1


def test_ending_the_one_that_asks_is_signing_out(client_of: Clients, member: User) -> None:
    api = client_of(member)
    [current] = api.get(URL).json()["sessions"]
    assert api.delete(f"{URL}/{current['id']}").status_code == 204
    assert api.get(URL).status_code == 401
    assert Session.objects.get().revoked_reason == "signed_out"


def test_a_browser_s_cookie_is_no_way_around_the_page_that_asks_for_the_password(member: User) -> None:
    browser, other = Client(SERVER_NAME="acme.localhost"), begun(member)
    browser.force_login(member)
    answer = browser.delete(f"{URL}/{other.pk}")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "wrong_password")
    other.refresh_from_db()
    member.refresh_from_db()
    assert (other.revoked_at, member.failed_logins) == (None, 0)
    assert browser.delete(f"{URL}/{browser.session[SESSION_KEY]}").status_code == 204


def test_who_has_no_password_is_asked_for_none(member: User) -> None:
    browser, other = Client(SERVER_NAME="acme.localhost"), begun(member)
    member.set_unusable_password()
    member.save(update_fields=["password"])
    browser.force_login(member)
    assert browser.delete(f"{URL}/{other.pk}").status_code == 204


def test_twice_is_404(client_of: Clients, member: User) -> None:
    api, other = client_of(member), begun(member)
    assert [api.delete(f"{URL}/{other.pk}").status_code for _ in range(2)] == [204, 404]


@pytest.mark.parametrize("who", ["owner", "foreigner"])
def test_those_of_others_are_404(client_of: Clients, member: User, who: str, request: pytest.FixtureRequest) -> None:
    theirs = begun(member)
    answer = client_of(request.getfixturevalue(who)).delete(f"{URL}/{theirs.pk}")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "session_not_found")
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_ended_and_unknown_ones_are_404(client_of: Clients, member: User) -> None:
    ended = begun(member, revoked_at=timezone.now())
    for session_id in (ended.pk, uuid4()):
        assert client_of(member).delete(f"{URL}/{session_id}").status_code == 404


def test_nobody_is_401(client_of: Clients, member: User) -> None:
    assert client_of(None).delete(f"{URL}/{begun(member).pk}").status_code == 401


def test_a_key_ends_none(client_of: Clients, member: User, organization: Organization, api: APIClient) -> None:
    key = client_of(member).post("/api/v1/api-keys", {"name": "ci", "permissions": ["robot.read"]}).json()["key"]
    bearer(member, organization)
    session = Session.objects.latest("created_at")
    assert api.delete(f"{URL}/{session.pk}", HTTP_X_API_KEY=key).status_code == 404
