"""Signing in and out of the portal."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import Session, User
from apps.portal.tests.conftest import Browser
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

SIGN_IN, HOME = "/portal/session/sign-in/", "/portal/"


@pytest.fixture
def member(organization: Organization) -> User:
    return make_user("member@acme.example", "operator", password=PASSWORD)


def test_it_works(member: User, browser: Browser) -> None:
    client = browser(None)
    page = client.get("/portal/dp-rh/?q=a")
    assert page.status_code == 302
    assert page["Location"] == f"{SIGN_IN}?next=%2Fportal%2Fdp-rh%2F%3Fq%3Da"
    form = client.get(page["Location"])
    assert 'autocomplete="current-password"' in form.content.decode()
    assert 'href="/password/forgot"' in form.content.decode()
    sent = client.post(SIGN_IN, {"username": "MEMBER@acme.example", "password": PASSWORD, "next": "/portal/dp-rh/?q=a"})
    assert (sent.status_code, sent["Location"]) == (302, "/portal/dp-rh/?q=a")
    assert Session.objects.get().user == member
    assert client.get(HOME).status_code == 200


def test_a_wrong_password_says_no_more_than_that(member: User, browser: Browser) -> None:
    client = browser(None)
    for email in (member.email, "nobody@acme.example"):
        page = client.post(SIGN_IN, {"username": email, "password": "wrong"})
        assert page.status_code == 400
        assert "Incorrect email or password" in page.content.decode()
        assert f'value="{email}"' in page.content.decode()
        assert "wrong" not in page.content.decode()


def test_both_fields_are_needed(browser: Browser) -> None:
    page = browser(None).post(SIGN_IN, {"username": "", "password": ""})
    assert page.status_code == 400
    assert "Fill in your e-mail address and your password." in page.content.decode()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://acme.localhost.evil",
    ],
)
def test_it_leads_nowhere_else(member: User, browser: Browser, elsewhere: str) -> None:
    sent = browser(None).post(SIGN_IN, {"username": member.email, "password": PASSWORD, "next": elsewhere})
    assert (sent.status_code, sent["Location"]) == (302, HOME)


def test_whoever_is_signed_in_goes_on(teammate: User, browser: Browser) -> None:
    page = browser(teammate).get(SIGN_IN, {"next": "/portal/dp-rh/"})
    assert (page.status_code, page["Location"]) == (302, "/portal/dp-rh/")


def test_a_form_of_another_site_signs_nobody_in(member: User, organization: Organization) -> None:
    client = Client(SERVER_NAME=f"{organization.slug}.localhost", enforce_csrf_checks=True)
    page = client.post(SIGN_IN, {"username": member.email, "password": PASSWORD}, headers={"Accept": "text/html"})
    assert page.status_code == 403
    assert "go back, load it again" in page.content.decode()
    assert not Session.objects.exists()


def test_signing_out_ends_the_session(teammate: User, browser: Browser) -> None:
    client = browser(teammate)
    assert client.get("/portal/session/sign-out/").status_code == 405
    page = client.post("/portal/session/sign-out/")
    assert (page.status_code, page["Location"]) == (302, SIGN_IN)
    assert Session.objects.get().revoked_at is not None
    assert client.get(HOME).status_code == 302


def test_a_revoked_session_is_led_to_sign_in(teammate: User, browser: Browser) -> None:
    client = browser(teammate)
    Session.objects.update(revoked_at="2026-01-01T00:00:00Z")
    assert client.get(HOME).status_code == 302


def test_a_foreigner_does_not_come_in(foreigner: User, browser: Browser) -> None:
    page = browser(None).post(SIGN_IN, {"username": foreigner.email, "password": PASSWORD})
    assert page.status_code == 400
