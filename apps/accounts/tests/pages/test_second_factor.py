"""The page of one's second factor, and who is led to it."""

from __future__ import annotations

import re
from base64 import b32decode
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import SecondFactor, User
from apps.accounts.services.organizations import organization_settings_update
from apps.accounts.tests.conftest import Device, enrolled
from apps.common.actor import Actor
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import settings_forget
from conftest import PASSWORD, make_user

PAGE = "/second-factor"
HOST = "acme.localhost"


def browser_of(user: User | None) -> Client:
    """One whose forms are checked for forgery, as in real life."""
    browser = Client(SERVER_NAME=HOST, REMOTE_ADDR="192.0.2.8", enforce_csrf_checks=True)
    if user is not None:
        browser.force_login(user)
    browser.get("/password/forgot")  # which gives the token of forms
    return browser


def send(browser: Client, what: str, **given: str) -> Any:
    given["csrfmiddlewaretoken"] = browser.cookies["csrftoken"].value
    return browser.post(f"{PAGE}/{what}", given)


def begun(browser: Client, user: User) -> tuple[Any, Device]:
    answer = send(browser, "begin", password=PASSWORD)
    device = Device(user, "")
    found = re.search(r"secret=([A-Z2-7]+)", answer.content.decode())
    assert found is not None
    device.secret = b32decode(found[1])
    return answer, device


def codes_in(answer: Any) -> list[str]:
    return re.findall(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){5})</code>", answer.content.decode())


def test_it_works(member: User) -> None:
    browser = browser_of(member)
    assert browser.get(PAGE).status_code == 200
    answer, device = begun(browser, member)
    assert b"data:image/svg+xml" in answer.content
    answer = send(browser, "confirm", code=device.code())
    assert (answer.status_code, len(codes_in(answer))) == (200, 10)
    assert answer["Cache-Control"] == "no-store"
    page = browser.get(PAGE).content.decode()
    assert "10 recovery codes" in page
    assert not codes_in(browser.get(PAGE))


def test_nobody_is_sent_to_sign_in(organization: Organization) -> None:
    browser = browser_of(None)
    answer = browser.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/portal/")
    assert send(browser, "begin", password=PASSWORD).status_code == 302


def test_a_wrong_password_stays_at_the_form(member: User) -> None:
    answer = send(browser_of(member), "begin", password="Wrong-horse-7")
    assert answer.status_code == 400
    assert b"not right" in answer.content
    assert not SecondFactor.objects.exists()


def test_a_wrong_code_asks_again_without_the_secret(member: User) -> None:
    browser = browser_of(member)
    _answer, device = begun(browser, member)
    answer = send(browser, "confirm", code="000000")
    assert (answer.status_code, b"otpauth" in answer.content) == (400, False)
    assert send(browser, "confirm", code=device.code()).status_code == 200


def test_nothing_begun_begins_again(member: User) -> None:
    answer = send(browser_of(member), "confirm", code="123456")
    assert (answer.status_code, b'name="password"' in answer.content) == (409, True)


def test_new_recovery_codes(member: User, device: Device) -> None:
    answer = send(browser_of(member), "codes", password=PASSWORD, code=device.code())
    fresh = codes_in(answer)
    assert len(fresh) == 10
    assert not set(fresh) & set(device.recovery_codes)


def test_it_is_given_up(member: User, device: Device) -> None:
    answer = send(browser_of(member), "disable", password=PASSWORD, code=device.recovery_codes[0])
    assert answer.status_code == 302
    assert not SecondFactor.objects.exists()


@pytest.mark.parametrize("what", ["codes", "disable"])
def test_it_takes_password_and_code(member: User, device: Device, what: str) -> None:
    browser = browser_of(member)
    assert send(browser, what, password=PASSWORD).status_code == 422
    assert send(browser, what, password=PASSWORD, code="000000").status_code == 400
    assert send(browser, what, password="Wrong-horse-7", code=device.code()).status_code == 400
    assert SecondFactor.objects.exists()


def test_other_hosts_are_no_way_on(member: User) -> None:
    page = browser_of(member).get(f"{PAGE}?next=https://evil.example/").content.decode()
    assert 'href="https://evil.example' not in page
    assert 'value="https://evil.example' not in page


def test_portal_and_back_office_lead_to_it(organization: Organization) -> None:
    browser = browser_of(make_user("admin@acme.example", "org_admin", password=PASSWORD))
    assert b"/second-factor?next=%2Fadmin%2F" in browser.get("/admin/").content
    assert b"/admin/password_change/" in browser.get("/admin/").content
    assert b"/second-factor?next=/portal/account/" in browser.get("/portal/account/").content


class TestRequired:
    @pytest.fixture
    def admin(self, organization: Organization) -> User:
        admin = make_user("admin@acme.example", "org_admin", password=PASSWORD)
        system = Actor.system("tests", schema=organization.schema_name)
        organization_settings_update(actor=system, changes={"require_second_factor": True}, now=timezone.now())
        settings_forget(organization.schema_name)
        return admin

    @pytest.mark.parametrize("url", ["/admin/", "/portal/", "/admin/accounts/user/", "/portal/account/"])
    def test_an_administrator_is_led_to_it_before_anything_else(self, admin: User, url: str) -> None:
        answer = browser_of(admin).get(url)
        assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?next={url.replace('/', '%2F')}")

    def test_nothing_is_written_before(self, admin: User, member: User) -> None:
        browser = browser_of(admin)
        form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
        assert browser.post(f"/admin/accounts/user/{member.pk}/deactivate/", form)["Location"].startswith(PAGE)
        member.refresh_from_db()
        assert member.is_active

    def test_then_everything_is_open(self, admin: User) -> None:
        browser = browser_of(admin)
        assert "wants administrators" in browser.get(PAGE).content.decode()
        _answer, device = begun(browser, admin)
        assert send(browser, "confirm", code=device.code(), next="/admin/").status_code == 200
        assert browser.get("/admin/").status_code == 200

    def test_the_way_out_is_open(self, admin: User) -> None:
        browser = browser_of(admin)
        form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
        assert browser.post("/portal/session/sign-out/", form)["Location"] == "/portal/session/sign-in/"

    def test_others_are_not_asked(self, admin: User, member: User) -> None:
        assert browser_of(member).get("/portal/").status_code == 200

    def test_who_has_no_password_here_is_left_to_their_issuer(self, admin: User, owner: User) -> None:
        assert browser_of(owner).get("/admin/").status_code == 200

    def test_who_has_one_passes(self, admin: User, organization: Organization) -> None:
        enrolled(admin, organization)
        assert browser_of(admin).get("/admin/").status_code == 200

    def test_a_removed_one_is_to_be_set_up_again(self, admin: User, organization: Organization) -> None:
        enrolled(admin, organization)
        browser = browser_of(admin)
        SecondFactor.objects.all().delete()
        assert browser.get("/admin/").status_code == 302

    def test_other_organizations_decide_for_themselves(self, admin: User, other_organization: Organization) -> None:
        with tenant_context(other_organization):
            theirs = make_user("admin@rival.example", "org_admin", password=PASSWORD)
            browser = Client(SERVER_NAME="rival.localhost")
            browser.force_login(theirs)
        assert browser.get("/admin/").status_code == 200


class TestSupport:
    def test_an_administrator_removes_a_teammates(self, owner: User, member: User, device: Device) -> None:
        browser = browser_of(owner)
        page = f"/admin/accounts/user/{member.pk}/"
        assert b"remove_second_factor" in browser.get(f"{page}change/").content
        form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
        assert browser.post(f"{page}remove_second_factor/", form).status_code == 302
        assert not SecondFactor.objects.exists()
        assert b"remove_second_factor" not in browser.get(f"{page}change/").content
