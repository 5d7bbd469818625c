"""One's own account as a page: what it changes, and where it says why not."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.backends import PATH
from apps.accounts.models import Session, User
from apps.common.ids import uuid7
from apps.portal.tests.conftest import Browser
from conftest import PASSWORD

ACCOUNT, CHANGE, NEW = "/portal/account/", "/portal/account/password/", "Another-horse-8"


@pytest.fixture
def person(teammate: User) -> User:
    teammate.set_password(PASSWORD)
    teammate.save(update_fields=["password"])
    return teammate


def session_of(user: User, device: str = "Another browser") -> Session:
    now = timezone.now()
    return Session.objects.create(user=user, device=device, last_used_at=now, expires_at=now + timedelta(days=1))


def passwords(current: str = PASSWORD, new: str = NEW, again: str | None = None) -> dict[str, str]:
    return {"current_password": current, "new_password": new, "again": new if again is None else again}


def test_it_works(person: User, browser: Browser) -> None:
    client = browser(person)
    assert f'href="{ACCOUNT}"' in client.get("/portal/").content.decode()
    page = client.get(ACCOUNT).content.decode()
    assert person.email in page
    sent = {"name": "A new name", "locale": "pt-br", "timezone": "America/Sao_Paulo"}
    answer = client.post(ACCOUNT, sent)
    assert (answer.status_code, answer["Location"]) == (302, ACCOUNT)
    person.refresh_from_db()
    assert (person.name, person.locale, person.timezone) == tuple(sent.values())
    page = client.get(ACCOUNT).content.decode()
    assert '<html lang="pt-br" data-zone="America/Sao_Paulo"' in page
    assert 'value="America/Sao_Paulo" selected' in page


def test_the_spelling_of_the_api_is_understood(person: User, browser: Browser) -> None:
    User.objects.update(locale="pt-BR")
    assert 'value="pt-br" selected' in browser(person).get(ACCOUNT).content.decode()


def test_an_older_name_of_a_zone_stays(person: User, browser: Browser) -> None:
    User.objects.update(timezone="Brazil/East")
    page = browser(person).get(ACCOUNT).content.decode()
    assert 'value="Brazil/East" selected' in page
    assert "EST5EDT" not in page
    answer = browser(person).post(ACCOUNT, {"name": "A new name", "locale": "", "timezone": "Brazil/East"})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "sent",
    [{"name": ""}, {"name": "two\nlines"}, {"locale": "xx"}, {"timezone": "Nowhere/Land"}, {"name": "a" * 151}],
)
def test_mistakes_stand_at_their_fields(person: User, browser: Browser, sent: dict[str, str]) -> None:
    answer = browser(person).post(ACCOUNT, {"name": "A new name", "locale": "", "timezone": ""} | sent)
    assert answer.status_code == 422
    wrong = re.findall(r'name="(\w+)"[^>]*aria-invalid="true"', answer.content.decode())
    assert wrong == list(sent)
    assert User.objects.get(pk=person.pk).name == person.name


def test_a_new_password_ends_all_other_sessions(person: User, browser: Browser) -> None:
    client, other = browser(person), session_of(person)
    assert client.post(CHANGE, passwords()).status_code == 302
    person.refresh_from_db()
    other.refresh_from_db()
    assert person.check_password(NEW)
    assert other.revoked_reason == "password_changed"
    assert "Your password was changed." in client.get(ACCOUNT).content.decode()


@pytest.mark.parametrize(
    ("sent", "status", "text"),
    [
        (passwords("Wrong-horse-7"), 400, "The current password is not right."),
        (passwords(new="weak"), 422, "at least 8 characters"),
        (passwords(again="Another-horse-9"), 422, "The two passwords differ."),
        ({}, 422, "This field is required."),
    ],
)
def test_a_password_that_is_refused(
    person: User, browser: Browser, sent: dict[str, str], status: int, text: str
) -> None:
    other = session_of(person)
    answer = browser(person).post(CHANGE, sent)
    page = answer.content.decode()
    assert answer.status_code == status
    assert text in page
    assert 'aria-invalid="true"' in page
    assert PASSWORD not in page
    person.refresh_from_db()
    other.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert other.revoked_at is None


def test_a_refusal_leads_to_the_other_sessions_too(
    person: User, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.portal.pages.account.SESSIONS_ON_A_PAGE", 1)
    for _browser in range(2):
        client = browser(person)
    page = client.post(CHANGE, {"current_password": ""}).content.decode()
    assert f'href="{ACCOUNT}?page=2"' in page


def test_guesses_lock_the_account(person: User, browser: Browser) -> None:
    client = browser(person)
    for _ in range(5):
        client.post(CHANGE, passwords("Wrong-horse-7"))
    answer = client.post(CHANGE, passwords())
    assert answer.status_code == 403
    assert "locked for a while" in answer.content.decode()


def test_sessions_are_listed_and_ended(person: User, browser: Browser) -> None:
    client, other = browser(person), session_of(person)
    assert "Another browser" in client.get(ACCOUNT).content.decode()
    answer = client.post(f"{ACCOUNT}sessions/{other.pk}/end/", {"password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, ACCOUNT)
    other.refresh_from_db()
    assert other.revoked_reason == "by_owner"
    assert "Another browser" not in client.get(ACCOUNT).content.decode()
    assert client.post(f"{ACCOUNT}sessions/{other.pk}/end/", {"password": PASSWORD}).status_code == 404


@pytest.mark.parametrize(
    ("sent", "counted"),
    [({}, 0), ({"password": ""}, 0), ({"password": "x" * 2000}, 0), ({"password": "Wrong-horse-7"}, 1)],
)
def test_ending_another_takes_the_password(person: User, browser: Browser, sent: dict[str, str], counted: int) -> None:
    client, other = browser(person), session_of(person)
    answer = client.post(f"{ACCOUNT}sessions/{other.pk}/end/", sent)
    assert answer.status_code == 400
    assert re.findall(r'name="(\w+)"[^>]*aria-invalid="true"', answer.content.decode()) == ["password"]
    other.refresh_from_db()
    person.refresh_from_db()
    assert (other.revoked_at, person.failed_logins) == (None, counted)


def test_guesses_at_sessions_lock_the_account(person: User, browser: Browser) -> None:
    client, other = browser(person), session_of(person)
    for _ in range(5):
        client.post(f"{ACCOUNT}sessions/{other.pk}/end/", {"password": "Wrong-horse-7"})
    answer = client.post(f"{ACCOUNT}sessions/{other.pk}/end/", {"password": PASSWORD})
    assert answer.status_code == 403
    assert "locked for a while" in answer.content.decode()
    other.refresh_from_db()
    assert other.revoked_at is None


def test_who_has_no_password_here_is_asked_for_none(teammate: User, browser: Browser) -> None:
    client, other = browser(teammate), session_of(teammate)
    assert 'name="password"' not in client.get(ACCOUNT).content.decode()
    assert client.post(f"{ACCOUNT}sessions/{other.pk}/end/").status_code == 302
    other.refresh_from_db()
    assert other.revoked_reason == "by_owner"


def test_ending_the_own_one_signs_out(person: User, browser: Browser) -> None:
    client = browser(person)
    own = Session.objects.get(user=person)
    client.post(f"{ACCOUNT}sessions/{own.pk}/end/")
    assert client.get(ACCOUNT)["Location"].startswith("/portal/session/sign-in/")


def test_sessions_of_others_are_not_there(person: User, viewer: User, browser: Browser) -> None:
    theirs = session_of(viewer, "Their browser")
    client = browser(person)
    assert "Their browser" not in client.get(ACCOUNT).content.decode()
    for session_id in (theirs.pk, uuid7()):
        assert client.post(f"{ACCOUNT}sessions/{session_id}/end/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


@pytest.mark.parametrize("address", [ACCOUNT, CHANGE, f"{ACCOUNT}sessions/{UUID(int=0)}/end/"])
def test_other_sites_cannot_send_these_forms(person: User, address: str) -> None:
    client: Any = Client(SERVER_NAME="acme.localhost", enforce_csrf_checks=True)
    client.force_login(person, backend=PATH)
    assert client.post(address, {"name": "Forged"} | passwords()).status_code == 403
    person.refresh_from_db()
    assert person.name != "Forged"
    assert person.check_password(PASSWORD)


def test_nobody_is_asked_to_sign_in(browser: Browser) -> None:
    assert browser(None).get(ACCOUNT)["Location"].startswith("/portal/session/sign-in/")
    assert browser(None).post(CHANGE, passwords())["Location"].startswith("/portal/session/sign-in/")


def test_the_questions_to_the_database_do_not_grow(person: User, browser: Browser) -> None:
    client = browser(person)

    def ask() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ACCOUNT).status_code == 200
        return len(queries)

    for _ in range(5):
        session_of(person)
    ask()  # remembers the organization of the host
    few = ask()
    for _ in range(45):
        session_of(person)
    assert few == ask()


def test_coming_back_to_where_something_was_refused_leads_to_the_account(person: User, browser: Browser) -> None:
    """As choosing a language does below a refused form."""
    client = browser(person)
    for address in (CHANGE, f"/portal/account/sessions/{uuid7()}/end/"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (302, ACCOUNT)
        assert client.put(address).status_code == 405
