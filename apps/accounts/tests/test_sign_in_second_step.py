"""Signing in on pages with a second factor: portal and back-office ask for the code in a second step."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.authentication.session_store import SessionStore
from apps.accounts.forms import SignInForm
from apps.accounts.models import Session, User
from apps.accounts.services.attempts import FAILURES_UNTIL_LOCK
from apps.accounts.services.credentials import page_life
from apps.accounts.services.second_step_tickets import LIFE, second_step_ticket
from apps.accounts.services.users import user_update
from apps.accounts.tests.conftest import Device, enrolled
from apps.common.actor import Actor
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD

Meanwhile = Callable[[Callable[[], Any]], None]
PORTAL, OFFICE = "/portal/session/sign-in/", "/admin/login/"


@pytest.fixture
def browser(organization: Organization) -> Client:
    return Client(SERVER_NAME="acme.localhost")


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something happen once a form has let somebody in, and before the page gives the browser a session."""
    given = SignInForm.get_user

    def between(act: Callable[[], Any]) -> None:
        def acted(form: SignInForm) -> Any:
            act()
            return given(form)

        monkeypatch.setattr(SignInForm, "get_user", acted)

    return between


def first(browser: Client, url: str, user: User, **more: str) -> Any:
    return browser.post(url, {"username": user.email, "password": PASSWORD, **more})


def ticket_of(answer: Any) -> str:
    found = re.search(r'name="step"\s+value="([^"]+)"', answer.content.decode())
    assert found is not None
    return found[1]


def second(browser: Client, url: str, ticket: str, code: str, **more: str) -> Any:
    return browser.post(url, {"step": ticket, "code": code, **more})


def signed_in(browser: Client) -> bool:
    return browser.get("/portal/account/").status_code == 200


@pytest.mark.parametrize("url", [PORTAL, OFFICE])
class TestBoth:
    def test_it_works(self, url: str, browser: Client, member: User, device: Device) -> None:
        answer = first(browser, url, member)
        assert answer.status_code == 200  # nothing was wrong
        assert not signed_in(browser)
        page = answer.content.decode()
        assert 'name="code"' in page
        assert PASSWORD not in page
        assert 'name="password"' not in page
        answer = second(browser, url, ticket_of(answer), device.code(), next="/portal/account/")
        assert answer.status_code == 302
        assert signed_in(browser)

    def test_a_wrong_code_asks_again(self, url: str, browser: Client, member: User, device: Device) -> None:
        answer = second(browser, url, ticket_of(first(browser, url, member)), "000000")
        assert "not right" in answer.content.decode()
        assert not signed_in(browser)
        assert second(browser, url, ticket_of(answer), device.recovery_codes[0]).status_code == 302
        assert signed_in(browser)

    def test_no_code_at_all_is_a_wrong_one(self, url: str, browser: Client, member: User, device: Device) -> None:
        second(browser, url, ticket_of(first(browser, url, member)), "")
        assert not signed_in(browser)

    @pytest.mark.parametrize("changes", [{"password": "Another-horse-7"}, {"is_active": False}])
    def test_what_changed_while_the_code_was_tried(
        self,
        url: str,
        changes: dict[str, Any],
        browser: Client,
        member: User,
        device: Device,
        owner: User,
        actor: Callable[[User], Actor],
        meanwhile: Meanwhile,
    ) -> None:
        by = actor(owner)
        ticket = ticket_of(first(browser, url, member))
        meanwhile(lambda: user_update(actor=by, user=member, changes=changes, now=timezone.now()))
        second(browser, url, ticket, device.code())
        assert not signed_in(browser)
        assert not Session.objects.filter(user=member, revoked_at=None).exists()

    def test_a_second_factor_that_was_confirmed_while_the_password_was_tried(
        self, url: str, browser: Client, member: User, organization: Organization, meanwhile: Meanwhile
    ) -> None:
        """It ended the sessions that there were, and one that had begun with the password alone is among them."""
        meanwhile(lambda: enrolled(member, organization))
        first(browser, url, member)
        assert not signed_in(browser)

    @pytest.mark.parametrize("step", ["rotate_token", "clear_expired"])
    def test_a_sign_in_that_fails_half_way_leaves_no_session(
        self, url: str, step: str, browser: Client, member: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_given: Any) -> None:
            raise ConnectionError

        browser.raise_request_exception = False
        with monkeypatch.context() as patched:
            if step == "rotate_token":
                patched.setattr("django.contrib.auth.rotate_token", fails)
            else:
                patched.setattr(SessionStore, "clear_expired", fails)
            assert first(browser, url, member).status_code == 500
        assert not signed_in(browser)
        assert Session.objects.get().revoked_reason == "signed_out"

    def test_a_sign_in_is_one_session(self, url: str, browser: Client, member: User) -> None:
        first(browser, url, member)
        session = Session.objects.get()
        assert session.expires_at - session.created_at == page_life()
        assert not session.tokens.exists()


def test_without_a_second_factor_one_step_is_enough(browser: Client, member: User) -> None:
    assert first(browser, PORTAL, member).status_code == 302
    assert signed_in(browser)


@pytest.mark.usefixtures("unlimited")
class TestTickets:
    @pytest.fixture
    def ticket(self, browser: Client, member: User, device: Device) -> str:
        return ticket_of(first(browser, PORTAL, member))

    def test_it_opens_nothing_without_the_code(self, browser: Client, ticket: str) -> None:
        for _ in range(FAILURES_UNTIL_LOCK):
            second(browser, PORTAL, ticket, "000000")
        assert not signed_in(browser)

    def test_guesses_lock_the_account(self, browser: Client, ticket: str, device: Device) -> None:
        for _ in range(FAILURES_UNTIL_LOCK):
            second(browser, PORTAL, ticket, "000000")
        second(browser, PORTAL, ticket, device.code())
        assert not signed_in(browser)

    def test_it_lives_five_minutes(self, browser: Client, member: User, device: Device) -> None:
        old = second_step_ticket(member, now=timezone.now() - LIFE - timedelta(seconds=1))
        page = second(browser, PORTAL, old, device.code()).content.decode()
        assert "begin again" in page
        assert 'name="password"' in page
        assert not signed_in(browser)

    def test_a_new_password_voids_it(self, browser: Client, member: User, ticket: str, device: Device) -> None:
        member.set_password("Another-horse-7")
        member.save()
        second(browser, PORTAL, ticket, device.code())
        assert not signed_in(browser)

    def test_one_of_another_organization_is_none(
        self, browser: Client, member: User, device: Device, other_organization: Organization
    ) -> None:
        with tenant_context(other_organization):
            foreign = second_step_ticket(member, now=timezone.now())
        second(browser, PORTAL, foreign, device.code())
        assert not signed_in(browser)

    @pytest.mark.parametrize("ticket", ["x", " ", "a:b:c", "é" * 20, "W10:1:x", "x" * 1001])
    def test_nonsense_is_none(self, browser: Client, member: User, device: Device, ticket: str) -> None:
        assert second(browser, PORTAL, ticket, device.code()).status_code == 400
        assert not signed_in(browser)

    def test_somebody_switched_off_meanwhile_stays_out(
        self, browser: Client, member: User, ticket: str, device: Device
    ) -> None:
        User.objects.update(is_active=False)
        second(browser, PORTAL, ticket, device.code())
        assert not signed_in(browser)
