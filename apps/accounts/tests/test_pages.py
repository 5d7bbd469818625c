"""Signed-in browsers: the form of the back-office, the cookie on pages and on the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Session, User
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

LOGIN, INDEX, ME = "/admin/login/", "/admin/", "/api/v1/auth/me"
HOST = "acme.localhost"


@pytest.fixture
def admin(organization: Organization) -> User:
    return make_user("admin@acme.example", "org_admin", password=PASSWORD)


@pytest.fixture
def browser() -> Client:
    return Client(SERVER_NAME=HOST, REMOTE_ADDR="192.0.2.8")


def sign_in(browser: Client, user: User | str, password: str = PASSWORD) -> Any:
    email = user if isinstance(user, str) else user.email
    return browser.post(LOGIN, {"username": email, "password": password, "next": INDEX})


def test_it_works(browser: Client, admin: User) -> None:
    answer = sign_in(browser, admin)
    assert (answer.status_code, answer["Location"]) == (302, INDEX)
    assert browser.get(INDEX).status_code == 200
    session = Session.objects.get(user=admin)
    assert session.ip == "192.0.2.8"
    assert Event.objects.filter(name="session.started", actor_id=str(admin.pk)).count() == 1


def test_the_form_offers_the_languages_of_the_pages(browser: Client, admin: User) -> None:
    page = browser.get(LOGIN).content.decode()
    assert f'action="{reverse("language")}"' in page
    assert re.findall(r'name="language"\s+value="([^"]+)"', page) == [code for code, _name in settings.LANGUAGES]
    answer = browser.post(reverse("language"), {"language": "pt-br", "next": LOGIN})
    assert answer["Location"] == LOGIN
    page = browser.get(LOGIN).content.decode()
    assert '<html lang="pt-br"' in page
    assert "Esqueceu" in page


def test_nobody_is_sent_to_the_form(browser: Client, admin: User) -> None:
    answer = browser.get(INDEX)
    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)
    assert browser.get(LOGIN).status_code == 200


def test_a_wrong_password_stays_at_the_form_and_stands_in_the_ledger(browser: Client, admin: User) -> None:
    answer = sign_in(browser, admin, "Wrong-horse-7")
    assert answer.status_code == 200
    assert b"Incorrect email or password" in answer.content
    assert Event.objects.filter(name="session.refused", subject_id=str(admin.pk)).count() == 1


@pytest.mark.usefixtures("unlimited")
def test_the_form_and_the_api_share_the_lock(browser: Client, admin: User) -> None:
    for _ in range(3):
        sign_in(browser, admin, "Wrong-horse-7")
    body = {"email": admin.email, "password": "Wrong-horse-7"}
    for _ in range(2):
        browser.post("/api/v1/auth/login", body, content_type="application/json")
    answer = sign_in(browser, admin)
    assert answer.status_code == 200
    assert b"locked" in answer.content


def test_and_the_limit(browser: Client, admin: User) -> None:
    body = {"email": "nobody@acme.example", "password": "x"}
    for _ in range(5):
        browser.post("/api/v1/auth/login", body, content_type="application/json")
    answer = sign_in(browser, admin)
    assert answer.status_code == 200
    assert b"Too many attempts" in answer.content


def test_a_deactivated_user_is_told_so(browser: Client, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert b"not active" in sign_in(browser, admin).content


def test_django_itself_takes_no_password(admin: User) -> None:
    assert authenticate(None, username=admin.email, email=admin.email, password=PASSWORD) is None


def test_signing_out_ends_the_session(browser: Client, admin: User) -> None:
    sign_in(browser, admin)
    assert browser.post("/admin/logout/").status_code in {200, 302}
    assert Session.objects.get(user=admin).revoked_reason == "signed_out"
    assert browser.get(INDEX).status_code == 302


@pytest.mark.parametrize("what", ["session", "user"])
def test_what_was_switched_off_is_out_by_the_next_page(browser: Client, admin: User, what: str) -> None:
    sign_in(browser, admin)
    if what == "session":
        Session.objects.update(revoked_at=timezone.now())
    else:
        User.objects.filter(pk=admin.pk).update(is_active=False)
    assert browser.get(INDEX).status_code == 302
    assert browser.get(ME).status_code == 401


def test_an_inactive_organization_is_out_at_once(browser: Client, admin: User, organization: Organization) -> None:
    sign_in(browser, admin)
    assert browser.get(INDEX).status_code == 200
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(is_active=False)
    assert browser.get(INDEX).status_code == 403
    assert browser.get(ME).status_code == 403


def test_a_cookie_of_another_organization_means_nothing(
    browser: Client, admin: User, other_organization: Organization
) -> None:
    sign_in(browser, admin)
    for host in ("rival.localhost", "localhost"):
        assert browser.get(INDEX, SERVER_NAME=host).status_code == 302
        assert browser.get(ME, SERVER_NAME=host).status_code == 401


def test_nobody_signs_in_elsewhere(browser: Client, admin: User, other_organization: Organization) -> None:
    browser.defaults["SERVER_NAME"] = "rival.localhost"
    assert b"Incorrect email or password" in sign_in(browser, admin).content
    browser.defaults["SERVER_NAME"] = "localhost"
    assert b"Incorrect email or password" in sign_in(browser, admin).content


def test_the_platforms_own_people_sign_in_on_the_shared_host(browser: Client, db: None) -> None:
    with tenant_context("platform"):
        make_user("root@platform.example", "super_admin", password=PASSWORD)
    browser.defaults["SERVER_NAME"] = "localhost"
    assert sign_in(browser, "root@platform.example").status_code == 302
    assert browser.get(INDEX).status_code == 200


class TestCookieOnTheApi:
    @pytest.fixture
    def strict(self, admin: User) -> Client:
        """A browser whose requests are checked for forgery, as in real life."""
        strict = Client(SERVER_NAME=HOST, enforce_csrf_checks=True)
        strict.get(LOGIN)
        token = strict.cookies["csrftoken"].value
        form = {"username": admin.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
        assert strict.post(LOGIN, form).status_code == 302
        return strict

    def test_reading_works(self, strict: Client, admin: User) -> None:
        assert strict.get(ME).json()["user"]["email"] == admin.email

    def test_writing_needs_the_token(self, strict: Client) -> None:
        body = {"name": "Another name"}
        answer = strict.patch(ME, body, content_type="application/json")
        assert (answer.status_code, answer.json()["error_code"]) == (403, "csrf_failed")
        token = strict.cookies["csrftoken"].value
        for sent, status in ((token, 200), ("x" * len(token), 403)):
            headers = {"X-CSRFToken": sent}
            answer = strict.patch(ME, body, content_type="application/json", headers=headers)
            assert answer.status_code == status

    def test_signing_out_over_the_api_signs_the_browser_out(self, strict: Client) -> None:
        token = strict.cookies["csrftoken"].value
        assert strict.generic("POST", "/api/v1/auth/logout", HTTP_X_CSRFTOKEN=token).status_code == 204
        assert strict.get(INDEX).status_code == 302

    def test_a_bearer_goes_before_the_cookie(
        self, strict: Client, viewer: User, client_of: Callable[[User | None], Any]
    ) -> None:
        header = client_of(viewer)._credentials["HTTP_AUTHORIZATION"]
        assert strict.get(ME, HTTP_AUTHORIZATION=header).json()["user"]["email"] == viewer.email
        assert strict.get(ME, HTTP_AUTHORIZATION="Bearer x").status_code == 401


def test_sessions_that_ended_a_month_ago_are_forgotten(browser: Client, admin: User) -> None:
    long_ago = timezone.now() - timedelta(days=31)
    Session.objects.create(user=admin, last_used_at=long_ago, expires_at=long_ago)
    sign_in(browser, admin)
    assert Session.objects.filter(user=admin).count() == 1


def test_signing_in_once_more_is_another_session(browser: Client, admin: User) -> None:
    """The key of before is worth nothing, whoever knew it, and nothing of it stays in the list."""
    sign_in(browser, admin)
    before = browser.cookies["sessionid"].value
    assert sign_in(browser, admin).status_code == 302
    assert browser.cookies["sessionid"].value != before
    assert browser.get(INDEX).status_code == 200
    old = Client(SERVER_NAME=HOST)
    old.cookies["sessionid"] = before
    assert old.get(INDEX).status_code == 302
    assert Session.objects.filter(user=admin, revoked_at=None).count() == 1


def test_signing_in_as_somebody_else_signs_the_first_one_out(browser: Client, admin: User) -> None:
    """Nothing stays live in the list of who was there before."""
    other = make_user("other@acme.example", "org_admin", password=PASSWORD)
    sign_in(browser, admin)
    assert sign_in(browser, other).status_code == 302
    assert browser.get(ME).json()["user"]["email"] == other.email
    assert Session.objects.get(user=admin).revoked_reason == "signed_out"
    assert Session.objects.get(user=other).revoked_at is None


def test_a_form_that_lets_nobody_in_signs_nobody_out(browser: Client, admin: User) -> None:
    sign_in(browser, admin)
    sign_in(browser, "other@acme.example")
    assert browser.get(ME).json()["user"]["email"] == admin.email


class TestIdleness:
    @pytest.fixture(autouse=True)
    def _hours(self, settings: Any) -> None:
        settings.ENV = settings.ENV.model_copy(update={"session_idle_hours": 3})

    @staticmethod
    def used(**ago: float) -> Session:
        """The one session, last used that long ago."""
        last_used_at = timezone.now() - timedelta(**ago)
        Session.objects.update(last_used_at=last_used_at, expires_at=last_used_at + timedelta(hours=3))
        return Session.objects.get()

    def test_a_browser_that_is_not_used_is_signed_out(self, browser: Client, admin: User) -> None:
        sign_in(browser, admin)
        assert self.used(hours=2, minutes=50).expires_at > timezone.now()
        assert browser.get(INDEX).status_code == 200
        self.used(hours=3, seconds=1)
        assert browser.get(INDEX).status_code == 302
        assert browser.get(ME).status_code == 401

    def test_each_page_keeps_it_alive(self, browser: Client, admin: User) -> None:
        sign_in(browser, admin)
        for page in (INDEX, "/portal/", ME):
            before = self.used(hours=2)
            assert browser.get(page).status_code == 200
            after = Session.objects.get()
            assert after.last_used_at > timezone.now() - timedelta(minutes=1)
            assert after.expires_at == after.last_used_at + timedelta(hours=3) > before.expires_at

    def test_use_is_noted_now_and_then(self, browser: Client, admin: User) -> None:
        sign_in(browser, admin)
        for minutes, noted in ((4, False), (6, True)):
            before = self.used(minutes=minutes)
            browser.get(INDEX)
            assert (Session.objects.get().last_used_at != before.last_used_at) is noted

    def test_it_ends_in_any_case(self, browser: Client, admin: User) -> None:
        sign_in(browser, admin)
        begun = timezone.now() - timedelta(days=13, hours=23)
        Session.objects.update(created_at=begun)
        self.used(hours=1)
        assert browser.get(INDEX).status_code == 200
        assert Session.objects.get().expires_at == begun + timedelta(days=14)

    def test_one_that_was_ended_stays_so(self, browser: Client, admin: User) -> None:
        sign_in(browser, admin)
        self.used(hours=1)
        Session.objects.update(revoked_at=timezone.now())
        before = Session.objects.get().last_used_at
        assert browser.get(INDEX).status_code == 302
        assert Session.objects.get().last_used_at == before

    def test_tokens_of_programs_do_not_live_on_by_being_used(
        self, client_of: Callable[[User | None], Any], admin: User
    ) -> None:
        program = client_of(admin)
        before = self.used(hours=2)
        assert program.get(ME).status_code == 200
        assert Session.objects.get().expires_at == before.expires_at


def test_pages_count_towards_the_rate_of_the_api(browser: Client, admin: User, settings: Any) -> None:
    sign_in(browser, admin)
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_api": "2/minute"})
    answers = [browser.get(page) for page in ("/portal/", ME, INDEX, "/portal/")]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert int(answers[-1]["Retry-After"]) >= 1
