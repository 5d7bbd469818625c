"""Signing in on pages with a second factor: portal and back-office ask for the code in a second step."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.attempts import FAILURES_UNTIL_LOCK
from apps.accounts.services.second_step_tickets import LIFE, second_step_ticket
from apps.accounts.tests.conftest import Device
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD

PORTAL, OFFICE = "/portal/session/sign-in/", "/admin/login/"


@pytest.fixture
def browser(organization: Organization) -> Client:
    return Client(SERVER_NAME="acme.localhost")


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
