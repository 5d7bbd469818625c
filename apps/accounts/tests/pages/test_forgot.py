"""The page of forgotten passwords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.tests.conftest import tokens_in
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import hosts_forget
from conftest import PASSWORD, make_user

PAGE = "/password/forgot"
Mailed = Callable[[], list[Any]]


@pytest.fixture
def browser(organization: Organization) -> Client:
    """One whose forms are checked for forgery, as in real life."""
    return Client(SERVER_NAME="acme.localhost", REMOTE_ADDR="192.0.2.8", enforce_csrf_checks=True)


def send(browser: Client, email: str) -> Any:
    browser.get(PAGE)
    form = {"email": email, "csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
    return browser.post(PAGE, form)


def test_it_works(browser: Client, member: User, mailed: Mailed) -> None:
    answer = send(browser, member.email)
    assert (answer.status_code, answer["Location"]) == (302, "/password/asked")
    assert b"on its way" in browser.get("/password/asked").content
    assert len(tokens_in(mailed()[0])) == 1


def test_an_unknown_address_is_answered_alike(browser: Client, member: User, mailed: Mailed) -> None:
    known, unknown = send(browser, member.email), send(browser, "nobody@acme.example")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mailed()) == 1


def test_the_shared_host_asks_everywhere(browser: Client, member: User, mailed: Mailed) -> None:
    with tenant_context("platform"):
        make_user("root@platform.example", "super_admin", password=PASSWORD)
    browser.defaults["SERVER_NAME"] = "localhost"
    send(browser, "root@platform.example")
    send(browser, member.email)
    assert [mail.to for mail in mailed()] == [["root@platform.example"], [member.email]]


def test_the_own_host_asks_there_alone(browser: Client, member: User, mailed: Mailed) -> None:
    with tenant_context("platform"):
        make_user("root@platform.example", "super_admin", password=PASSWORD)
    send(browser, "root@platform.example")
    assert mailed() == []


def test_sign_in_pages_lead_here(browser: Client) -> None:
    for host, path in (
        ("acme.localhost", "/admin/login/"),
        ("localhost", "/admin/login/"),
        ("acme.localhost", "/portal/session/sign-in/"),
    ):
        page = browser.get(path, SERVER_NAME=host)
        assert f'href="{PAGE}"' in page.content.decode()


def test_what_is_no_address_stays_at_the_form(browser: Client, mailed: Mailed) -> None:
    answer = send(browser, "nobody")
    assert answer.status_code == 422
    assert b"valid email" in answer.content
    assert mailed() == []


def test_too_many_are_told_to_wait(browser: Client) -> None:
    assert [send(browser, f"nobody{number}@acme.example").status_code for number in range(4)] == [302] * 3 + [429]


def test_a_form_of_another_site_is_refused(browser: Client, member: User, mailed: Mailed) -> None:
    assert browser.post(PAGE, {"email": member.email}).status_code == 403
    assert mailed() == []


@pytest.mark.parametrize("path", [PAGE, "/password/asked", "/password/set?token=x", "/password/done"])
def test_pages_load_nothing_from_elsewhere_and_are_not_kept(browser: Client, path: str) -> None:
    page = browser.get(path)
    policy = page["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "same-origin")
    content = page.content.decode()
    assert "<script>" not in content
    assert "style=" not in content


def test_they_wear_the_organizations_looks(browser: Client, organization: Organization) -> None:
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(
            logo_url="https://cdn.example/logo.svg", name="Acme Ltda"
        )
    hosts_forget()
    page = browser.get(PAGE)
    hosts_forget()
    assert "Acme Ltda" in page.content.decode()
    assert 'src="https://cdn.example/logo.svg"' in page.content.decode()
    assert "img-src 'self' data: https://cdn.example/logo.svg;" in page["Content-Security-Policy"]


@pytest.mark.parametrize(("host", "door"), [("acme.localhost", "/portal/"), ("localhost", "/admin/")])
def test_they_lead_to_where_one_signs_in(browser: Client, host: str, door: str) -> None:
    page = browser.get("/password/asked", SERVER_NAME=host)
    assert f'<a class="button primary full" href="{door}">' in page.content.decode()


def test_they_speak_the_browsers_language(browser: Client) -> None:
    page = browser.get(PAGE, headers={"Accept-Language": "pt-BR"})
    assert '<html lang="pt-br">' in page.content.decode()
    assert "Esqueceu sua senha?" in page.content.decode()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(browser: Client, method: str) -> None:
    assert getattr(Client(SERVER_NAME="acme.localhost"), method)(PAGE).status_code == 405
