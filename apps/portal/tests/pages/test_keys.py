"""One's own API keys as a page: made and shown once, listed, revoked."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.backends import PATH
from apps.accounts.models import ApiKey, User
from apps.accounts.services.api_keys import api_key_create
from apps.common.ids import uuid7
from apps.common.models import IdempotencyRecord
from apps.events.models import Event
from apps.portal.tests.conftest import ActorOf, Browser
from conftest import PASSWORD

KEYS = "/portal/account/keys/"
SENT: dict[str, Any] = {"name": "Nightly <job>", "days": "30", "permissions": ["robot.read", "robot.run"]}


def shown_in(page: str) -> str:
    found = re.search(r'value="([^"]+)"\s+readonly', page)
    return found[1] if found else ""


def made(actor: ActorOf, user: User, name: str) -> ApiKey:
    return api_key_create(actor=actor(user), name=name, permissions=["robot.read"], now=timezone.now())[0]


def test_it_works(teammate: User, browser: Browser) -> None:
    client = browser(teammate)
    assert f'href="{KEYS}"' in client.get("/portal/account/").content.decode()
    answer = client.post(KEYS, SENT)
    key, row = shown_in(answer.content.decode()), ApiKey.objects.get()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert (row.user_id, row.permissions, row.name) == (teammate.pk, SENT["permissions"], SENT["name"])
    assert row.expires_at is not None
    assert (row.expires_at - row.created_at).days == 30
    me = APIClient(SERVER_NAME="localhost").get("/api/v1/auth/me", HTTP_X_API_KEY=key).json()["user"]
    assert me["id"] == str(teammate.pk)
    page = client.get(KEYS).content.decode()
    assert "Nightly &lt;job&gt;" in page
    assert row.prefix in page
    assert key.partition(".")[2] not in page
    assert key.partition(".")[2] not in str(list(Event.objects.values()))


def test_what_it_may_do_is_told_in_words_and_what_its_maker_may_not_is_not_offered(
    teammate: User, browser: Browser
) -> None:
    page = browser(teammate).get(KEYS).content.decode()
    assert re.search(r'value="robot.run"\s*>\s*<span>run robots', page)
    assert 'value="admin.manage"' not in page


def test_sent_twice_it_makes_one_and_shows_it_once(teammate: User, browser: Browser) -> None:
    client, sent = browser(teammate), SENT | {"idempotency_key": "drawn-once"}
    assert shown_in(client.post(KEYS, sent).content.decode())
    again = client.post(KEYS, sent)
    assert (again.status_code, again["Location"], ApiKey.objects.count()) == (302, KEYS, 1)
    assert "was made and shown before" in client.get(KEYS).content.decode()
    assert IdempotencyRecord.objects.count() == 1


def test_it_takes_the_password_of_who_has_one(teammate: User, browser: Browser) -> None:
    teammate.set_password(PASSWORD)
    teammate.save(update_fields=["password"])
    client = browser(teammate)
    for wrong, failures in (("", 0), ("Wrong-horse-7", 1)):
        answer = client.post(KEYS, SENT | {"password": wrong})
        assert answer.status_code == 400
        assert "The current password is not right." in answer.content.decode()
        teammate.refresh_from_db()
        assert (teammate.failed_logins, ApiKey.objects.count()) == (failures, 0)
    assert client.post(KEYS, SENT | {"password": PASSWORD}).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "a" * 121},
        {"name": "two\u202elines"},
        {"days": "31"},
        {"days": ""},
        {"permissions": []},
        {"permissions": ["admin.manage"]},
        {"permissions": ["robot.fly"]},
    ],
)
def test_mistakes_make_nothing(teammate: User, browser: Browser, change: dict[str, Any]) -> None:
    answer = browser(teammate).post(KEYS, SENT | change)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_more_than_one_person_may_hold(teammate: User, browser: Browser, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"api_keys_per_person": 1})
    client = browser(teammate)
    client.post(KEYS, SENT)
    answer = client.post(KEYS, SENT)
    assert answer.status_code == 409
    assert "revoke one first" in answer.content.decode()


def test_one_is_revoked(teammate: User, browser: Browser, actor: ActorOf) -> None:
    client, key = browser(teammate), made(actor, teammate, "Old one")
    answer = client.post(f"{KEYS}{key.pk}/revoke/")
    assert (answer.status_code, answer["Location"]) == (302, KEYS)
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert "Old one" not in client.get(KEYS).content.decode()


def test_many_of_them_stand_on_several_pages(
    teammate: User, browser: Browser, actor: ActorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.portal.pages.keys.KEYS_ON_A_PAGE", 1)
    for name in ("First", "Second"):
        made(actor, teammate, name)
    client = browser(teammate)
    first, last = (client.get(KEYS, {"page": number}).content.decode() for number in (1, 2))
    assert re.findall(r'rel="(prev|next)"\s+href="([^"]+)"', first + last) == [("next", "?page=2"), ("prev", "?page=1")]


def test_keys_of_others_are_not_there(owner: User, teammate: User, browser: Browser, actor: ActorOf) -> None:
    theirs, client = made(actor, teammate, "Theirs"), browser(owner)
    assert "Theirs" not in client.get(KEYS).content.decode()
    for key_id in (theirs.pk, uuid7()):
        assert client.post(f"{KEYS}{key_id}/revoke/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_coming_back_to_where_revoking_was_refused_leads_to_the_keys(teammate: User, browser: Browser) -> None:
    answer = browser(teammate).get(f"{KEYS}{UUID(int=0)}/revoke/")
    assert (answer.status_code, answer["Location"]) == (302, KEYS)


@pytest.mark.parametrize("address", ["", f"{UUID(int=0)}/revoke/"])
def test_other_sites_cannot_send_these_forms(teammate: User, address: str) -> None:
    client: Any = Client(SERVER_NAME="acme.localhost", enforce_csrf_checks=True)
    client.force_login(teammate, backend=PATH)
    assert client.post(f"{KEYS}{address}", SENT).status_code == 403
    assert not ApiKey.objects.exists()


def test_nobody_is_asked_to_sign_in(browser: Browser) -> None:
    assert browser(None).get(KEYS)["Location"].startswith("/portal/session/sign-in/")
