"""The page behind the links of invitations and of forgotten passwords."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import LinkPurpose, PasswordLink, User
from apps.accounts.tests.api.test_reset_password import NEW, issue
from apps.tenants.models import Organization

PAGE = "/password/set"


@pytest.fixture
def browser(organization: Organization) -> Client:
    """One whose forms are checked for forgery, as in real life."""
    return Client(SERVER_NAME="acme.localhost", REMOTE_ADDR="192.0.2.8", enforce_csrf_checks=True)


@pytest.fixture
def token(member: User, organization: Organization) -> str:
    return issue(member, organization.schema_name)


def send(browser: Client, token: str, password: str = NEW, again: str | None = None) -> Any:
    browser.get(PAGE, {"token": token})
    csrf = browser.cookies["csrftoken"].value if "csrftoken" in browser.cookies else ""
    form = {"token": token, "new_password": password, "again": password if again is None else again}
    return browser.post(PAGE, form | {"csrfmiddlewaretoken": csrf})


def test_it_works(browser: Client, member: User, token: str) -> None:
    page = browser.get(PAGE, {"token": token})
    assert page.status_code == 200
    assert member.email in page.content.decode()
    assert "Acme" in page.content.decode()
    answer = send(browser, token)
    assert (answer.status_code, answer["Location"]) == (302, "/password/done")
    assert b'href="/portal/"' in browser.get("/password/done").content
    member.refresh_from_db()
    assert member.check_password(NEW)


def test_an_invitation_says_welcome(browser: Client, owner: User, organization: Organization) -> None:
    token = issue(owner, organization.schema_name, LinkPurpose.INVITATION)
    assert b"Welcome to Acme" in browser.get(PAGE, {"token": token}).content
    assert send(browser, token).status_code == 302


def test_looking_uses_nothing_up(browser: Client, token: str) -> None:
    """Mail programs open links before people do."""
    for _ in range(3):
        assert browser.get(PAGE, {"token": token}).status_code == 200
        assert browser.head(PAGE, {"token": token}).status_code == 200
    assert send(browser, token).status_code == 302


@pytest.mark.parametrize(
    "token", ["", "x", "ofp_platform_x", "\x00", "ofp_\ud800_x".encode("utf-8", "replace").decode()]
)
def test_what_is_no_token_says_so(browser: Client, organization: Organization, token: str) -> None:
    page = browser.get(PAGE, {"token": token})
    assert page.status_code == 400
    assert b'href="/password/forgot"' in page.content


def test_a_used_one_says_so(browser: Client, token: str) -> None:
    assert send(browser, token).status_code == 302
    assert browser.get(PAGE, {"token": token}).status_code == 400
    assert send(browser, token, "Third-horse-9").status_code == 400


@pytest.mark.usefixtures("other_organization")
def test_on_another_organizations_host_it_is_none(browser: Client, token: str) -> None:
    browser.defaults["SERVER_NAME"] = "rival.localhost"
    page = browser.get(PAGE, {"token": token})
    assert (page.status_code, b"member@acme.example" in page.content) == (400, False)
    assert send(browser, token).status_code in {400, 403}
    assert PasswordLink.objects.count() == 1


def test_what_the_rules_refuse_stays_at_the_form(browser: Client, member: User, token: str) -> None:
    answer = send(browser, token, "zqx")
    assert answer.status_code == 422
    content = answer.content.decode()
    assert content.count('class="error"') == 3
    assert "zqx" not in content
    assert send(browser, token).status_code == 302


def test_two_that_differ_stay_at_the_form(browser: Client, token: str) -> None:
    answer = send(browser, token, NEW, "Other-horse-9")
    assert answer.status_code == 422
    assert b"differ" in answer.content
    assert PasswordLink.objects.count() == 1


def test_a_form_of_another_site_is_refused(browser: Client, token: str) -> None:
    form = {"token": token, "new_password": NEW, "again": NEW}
    assert browser.post(PAGE, form).status_code == 403
    assert PasswordLink.objects.count() == 1


def test_a_form_without_its_fields_stays_there(browser: Client, token: str) -> None:
    browser.get(PAGE, {"token": token})
    csrf = browser.cookies["csrftoken"].value
    assert browser.post(PAGE, {"token": token, "csrfmiddlewaretoken": csrf}).status_code == 422
    assert browser.post(PAGE, {"csrfmiddlewaretoken": csrf}).status_code == 400
