"""Support of the platform in an organization's back-office: in by a ticket, a banner above every page, and out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import TagGrant, User, UserGroup
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.groups import group_create
from apps.accounts.services.support_grants import support_grant_ask, support_ticket_issue
from apps.accounts.tests.api.platform import root
from apps.accounts.tests.api.support import asked, grants
from apps.common.actor import Actor
from apps.events.models import Event
from apps.robots.tests.factories import robot_made
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization, SupportGrant
from conftest import PASSWORD

__all__ = ["root"]
HOST, ENTRANCE, PLATFORM_ORIGIN = "acme.localhost", "/support/enter", "http://localhost"
PAGES = ("/admin/", "/admin/robots/robot/", "/admin/accounts/user/", "/admin/events/event/")


@pytest.fixture
def person(root: APIClient) -> Actor:
    """Who runs the platform, as the services know them."""
    with tenant_context("platform"):
        return actor_of_user(User.objects.select_related("role").get(), schema="platform", ip=None)


def ticket_for(person: Actor, organization: Organization, reason: str = "Ticket 4711") -> str:
    """What a browser enters with."""
    with tenant_context("platform"):
        now = timezone.now()
        grant = support_grant_ask(actor=person, organization_id=organization.pk, reason=reason, now=now)
        return support_ticket_issue(actor=person, organization_id=organization.pk, grant_id=grant.pk, now=now)[1]


def entering(browser: Client, ticket: str, origin: str | None = PLATFORM_ORIGIN) -> Any:
    """The answer to the platform's form; browsers say where it stands, and send no cookies along."""
    headers = {} if origin is None else {"Origin": origin}
    return browser.post(ENTRANCE, {"ticket": ticket}, headers=headers)


@pytest.fixture
def inside(person: Actor, organization: Organization) -> Client:
    """A browser of support, in the organization's back-office."""
    browser = Client(SERVER_NAME=HOST)
    answer = entering(browser, ticket_for(person, organization))
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    return browser


def test_it_works(inside: Client, organization: Organization) -> None:
    robot_made(organization.schema_name)
    for page in PAGES:
        answer = inside.get(page)
        assert answer.status_code == 200, page
        shown = answer.content.decode()
        assert "office-notice" in shown, page
        assert "Ticket 4711" in shown, page
        assert "root@platform.example" in shown, page
    assert Event.objects.get(name="support.entered").data["by"] == "browser"


def test_administrators_see_it_and_others_do_not(
    inside: Client, owner: User, maintainer: User, organization: Organization
) -> None:
    for user, sees in ((owner, True), (maintainer, False)):
        browser = Client(SERVER_NAME=HOST)
        browser.force_login(user)
        assert (b"office-notice" in browser.get("/admin/").content) is sees, user
    with public_context():
        SupportGrant.objects.update(expires_at=timezone.now())
    browser = Client(SERVER_NAME=HOST)
    browser.force_login(owner)
    assert b"office-notice" not in browser.get("/admin/").content


def test_a_reason_is_text(person: Actor, owner: User, organization: Organization) -> None:
    reason = "<script>alert(1)</script>\"'><b>{{ 7|add:7 }}"
    browser = Client(SERVER_NAME=HOST)
    entering(browser, ticket_for(person, organization, reason))
    other = Client(SERVER_NAME=HOST)
    other.force_login(owner)
    for each in (browser, other):
        for page in ("/admin/", "/admin/tenants/supportgrant/", "/admin/events/event/"):
            shown = each.get(page).content.decode()
            assert "<script>alert(1)" not in shown
            assert "<b>{{ 7" not in shown
            assert "&lt;script&gt;alert(1)" in shown


def test_a_ticket_works_once_and_for_a_minute(person: Actor, organization: Organization) -> None:
    used, late = ticket_for(person, organization), ticket_for(person, organization)
    assert entering(Client(SERVER_NAME=HOST), used).status_code == 302
    with public_context():
        SupportGrant.objects.exclude(ticket_hash=None).update(ticket_until=timezone.now() - timedelta(seconds=1))
    for ticket in (used, late, "", "x\x00y", "x" * 5000):
        browser = Client(SERVER_NAME=HOST)
        assert entering(browser, ticket).status_code == 401, ticket
        assert browser.get("/admin/").status_code == 302


def test_a_ticket_is_void_once_there_is_another(person: Actor, organization: Organization) -> None:
    first = ticket_for(person, organization)
    with tenant_context("platform"):
        grant, now = SupportGrant.objects.get(), timezone.now()
        _grant, second = support_ticket_issue(actor=person, organization_id=organization.pk, grant_id=grant.pk, now=now)
    assert entering(Client(SERVER_NAME=HOST), first).status_code == 401
    assert entering(Client(SERVER_NAME=HOST), second).status_code == 302


def test_an_address_lets_nobody_in(person: Actor, organization: Organization) -> None:
    """What stands in addresses is kept by browsers, proxies and logs."""
    ticket, browser = ticket_for(person, organization), Client(SERVER_NAME=HOST)
    for method in ("GET", "HEAD", "PUT"):
        answer = browser.generic(method, f"{ENTRANCE}?ticket={ticket}", headers={"Origin": PLATFORM_ORIGIN})
        assert answer.status_code == 405
    posted = browser.post(f"{ENTRANCE}?ticket={ticket}", {}, headers={"Origin": PLATFORM_ORIGIN})
    assert posted.status_code == 401
    assert not Event.objects.filter(name="support.entered").exists()
    assert entering(browser, ticket).status_code == 302


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://acme.localhost",
        "http://rival.localhost",
        "http://localhost.rival.example",
        "http://rival.example/?http://localhost",
        "http://localhost:81",
        "http://localhost:",
        "http://localhost/",
        "http://root@localhost",
        "https://localhost",
        "HTTP://LOCALHOST",
        "http://[",
        "localhost",
    ],
)
def test_a_form_that_stands_elsewhere(person: Actor, organization: Organization, origin: str | None) -> None:
    """Not even with a ticket that is good, which it leaves good."""
    ticket, browser = ticket_for(person, organization), Client(SERVER_NAME=HOST, enforce_csrf_checks=True)
    answer = entering(browser, ticket, origin)
    assert answer.status_code == 403
    assert "the platform&#x27;s own page alone" in answer.content.decode()
    assert browser.get("/admin/").status_code == 302
    assert entering(browser, ticket).status_code == 302


def test_who_looks_around_as_a_role_may_enter(person: Actor, owner: User, organization: Organization) -> None:
    """On one site cookies of the organization's host come along; whoever they are of is nobody's support."""
    browser = Client(SERVER_NAME=HOST)
    browser.force_login(owner)
    assert browser.post(f"/admin/accounts/role/{owner.role_id}/preview/").status_code == 302
    assert b"You are looking around" in browser.get("/admin/").content
    assert entering(browser, ticket_for(person, organization)).status_code == 302
    assert b"You are looking around" not in browser.get("/admin/").content


def test_a_ticket_of_another_organization(person: Actor, organization: Organization, other_organization: Any) -> None:
    ticket = ticket_for(person, organization)
    for host in ("rival.localhost", "localhost"):
        assert entering(Client(SERVER_NAME=host), ticket).status_code == 401
    assert entering(Client(SERVER_NAME="nobody.localhost"), ticket).status_code == 404
    assert entering(Client(SERVER_NAME=HOST), ticket).status_code == 302


def test_the_cookie_is_good_nowhere_else(inside: Client, other_organization: Organization) -> None:
    for host in ("rival.localhost", "localhost"):
        other = Client(SERVER_NAME=host)
        other.cookies = inside.cookies
        assert other.get("/admin/").status_code == 302
    assert inside.get("/portal/").status_code == 302  # which is about the people of the organization
    assert inside.get("/second-factor").status_code in {302, 403}


def test_whoever_was_signed_in_before_is_not_any_more(person: Actor, owner: User, organization: Organization) -> None:
    browser = Client(SERVER_NAME=HOST)
    browser.force_login(owner)
    key = browser.cookies["sessionid"].value
    entering(browser, ticket_for(person, organization))
    assert browser.cookies["sessionid"].value != key
    assert b"owner@acme.example" not in re.sub(b"<table.*</table>", b"", browser.get("/admin/").content)


def test_who_is_inside_already_may_enter_again(inside: Client, person: Actor, organization: Organization) -> None:
    key, grant = inside.cookies["sessionid"].value, SupportGrant.objects.get()
    with tenant_context("platform"):
        given: dict[str, Any] = {"organization_id": organization.pk, "grant_id": grant.pk, "now": timezone.now()}
        ticket = support_ticket_issue(actor=person, **given)[1]
    assert entering(inside, ticket).status_code == 302
    assert inside.cookies["sessionid"].value != key
    assert inside.get("/admin/").status_code == 200
    assert not Event.objects.filter(name="support.ended").exists()


def test_entering_by_another_access_ends_the_one_before(
    inside: Client, person: Actor, organization: Organization
) -> None:
    before = SupportGrant.objects.get()
    assert entering(inside, ticket_for(person, organization)).status_code == 302
    assert inside.get("/admin/").status_code == 200
    assert list(SupportGrant.objects.exclude(ended_at=None)) == [before]


@pytest.mark.parametrize("out", ["/support/leave", "/admin/logout/"])
def test_leaving(inside: Client, out: str) -> None:
    assert inside.get("/support/leave").status_code == 405
    answer = inside.post(out)
    assert (answer.status_code, answer["Location"]) == (302, "/support/left")
    assert answer["Clear-Site-Data"] == '"cache"'
    assert inside.get("/admin/").status_code == 302
    assert Event.objects.get(name="support.ended").data["why"] == "left"
    assert SupportGrant.objects.get().ended_at is not None


def test_who_has_left_is_told_the_way_back(inside: Client, organization: Organization) -> None:
    """By a link: after a form, browsers follow no redirect to another host."""
    page = inside.post("/support/leave", follow=True)
    assert f"You have left {organization.name}" in page.content.decode()
    assert b'href="http://localhost/admin/"' in page.content
    assert b"Sign in" not in page.content


def test_nobody_leaves_the_platform(root: APIClient) -> None:
    answer = Client(SERVER_NAME="localhost").get("/support/left")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_no_page_leads_to_the_portal(inside: Client, owner: User) -> None:
    """Which is about the people of the organization, and asks everybody else to sign in."""
    assert b'href="/portal/"' not in inside.get("/admin/").content
    other = Client(SERVER_NAME=HOST)
    other.force_login(owner)
    assert b'href="/portal/"' in other.get("/admin/").content


def test_leaving_needs_a_form_of_ours(inside: Client) -> None:
    strict = Client(SERVER_NAME=HOST, enforce_csrf_checks=True)
    strict.cookies = inside.cookies
    assert strict.post("/support/leave").status_code == 403
    assert inside.get("/admin/").status_code == 200


def test_it_ends_at_once(inside: Client, root: APIClient, organization: Organization) -> None:
    grant = SupportGrant.objects.get()
    assert root.delete(f"{grants(organization)}/{grant.pk}").status_code == 204
    assert inside.get("/admin/").status_code == 302


def test_it_ends_by_itself(inside: Client) -> None:
    with public_context():
        SupportGrant.objects.update(expires_at=timezone.now())
    assert inside.get("/admin/").status_code == 302


def test_what_it_does_in_the_back_office(inside: Client, viewer: User, organization: Organization) -> None:
    """Pages of people open, and what is sent from them is refused in words."""
    page = f"/admin/accounts/user/{viewer.pk}/change/"
    assert inside.get(page).status_code == 200
    inside.post(page, {"email": "taken@over.example", "name": "X", "role": str(viewer.role_id)})
    viewer.refresh_from_db()
    assert viewer.email == "viewer@acme.example"
    for answer in (inside.get("/admin/password_change/"), inside.post("/admin/password_change/", {})):
        assert answer.status_code == 403
    assert inside.post("/language", {"language": "pt-br"}).status_code == 302
    assert inside.post(f"/admin/accounts/user/{viewer.pk}/password/", {}).status_code in {302, 403, 404}
    assert inside.get("/admin/accounts/user/export/").status_code == 403
    assert inside.post("/admin/accounts/user/export/", {"format": "0"}).status_code == 403
    assert inside.post("/admin/accounts/user/add/", {"email": "x@y.example", "name": "X"}).status_code in {200, 302}
    assert not User.objects.filter(email="x@y.example").exists()
    assert inside.get("/admin/tenants/organizationsettings/").status_code == 200


def test_groups_and_the_issuer_stay_as_they_are(
    inside: Client, owner: User, viewer: User, actor: Callable[[User], Actor]
) -> None:
    """What support may see of them it neither changes nor sends anywhere."""
    group = group_create(actor=actor(owner), name="Night shift", now=timezone.now())
    page = f"/admin/accounts/usergroup/{group.pk}"
    right = {"action": "robot.run", "resource_type": "robot", "scope_tag": "x"}
    for path, form in (
        ("/admin/accounts/usergroup/add/", {"name": "Ours"}),
        (f"{page}/change/", {"name": "Ours"}),
        (f"{page}/members/join/", {"email": viewer.email}),
        (f"{page}/rights/give/", right),
        (f"{page}/remove/", {}),
        ("/admin/accounts/usergroup/", {"action": "remove", "_selected_action": str(group.pk)}),
    ):
        assert inside.post(path, form).status_code in {200, 302, 403}, path
    assert [(row.name, row.group.user_set.count()) for row in UserGroup.objects.select_related("group")] == [
        ("Night shift", 0)
    ]
    assert not TagGrant.objects.exists()
    checked = inside.post("/admin/accounts/oidcsettings/", {"_check": "1", "issuer": "https://issuer.example"})
    assert "Support of the platform does not do this" in checked.content.decode()


def test_the_api_takes_the_cookie_with_a_form_s_token(inside: Client) -> None:
    assert inside.get("/api/v1/robots").status_code == 200
    strict = Client(SERVER_NAME=HOST, enforce_csrf_checks=True)
    strict.cookies = inside.cookies
    put = strict.put("/api/v1/tenants/current/settings", {"cancellation_hours": 1}, content_type="application/json")
    assert put.status_code == 403


class TestPlatformPages:
    @pytest.fixture
    def office(self, root: APIClient) -> Client:
        browser = Client(SERVER_NAME="localhost")
        with tenant_context("platform"):
            browser.force_login(User.objects.get())
        return browser

    def test_asking_entering_and_ending(self, office: Client, organization: Organization) -> None:
        page = office.get(f"/admin/tenants/organization/{organization.pk}/change/").content.decode()
        assert f"/admin/tenants/supportgrant/add/?organization={organization.schema_name}" in page
        form = {"organization": organization.schema_name, "reason": "Ticket 4711"}
        answer = office.post("/admin/tenants/supportgrant/add/", form)
        grant = SupportGrant.objects.get()
        assert answer["Location"] == f"/admin/tenants/supportgrant/{grant.pk}/change/"
        assert b"/enter/" in office.get(answer["Location"]).content
        entrance = office.post(f"/admin/tenants/supportgrant/{grant.pk}/enter/")
        found = re.search(r'name="ticket" value="([^"]+)"', entrance.content.decode())
        assert found is not None
        assert f'action="http://{HOST}{ENTRANCE}"' in entrance.content.decode()
        browser = Client(SERVER_NAME=HOST)
        assert entering(browser, found.group(1)).status_code == 302
        assert office.get("/admin/tenants/supportgrant/").status_code == 200
        assert office.post(f"/admin/tenants/supportgrant/{grant.pk}/close/").status_code == 302
        assert browser.get("/admin/").status_code == 302

    def test_the_form_leads_to_that_host_and_tells_it_no_address(
        self, office: Client, root: APIClient, organization: Organization
    ) -> None:
        """Without the second, browsers would call its origin ``null``."""
        entrance = office.post(f"/admin/tenants/supportgrant/{asked(root, organization)['id']}/enter/")
        assert f"form-action 'self' http://{HOST};" in entrance["Content-Security-Policy"]
        assert entrance["Referrer-Policy"] == "strict-origin"
        assert "no-store" in entrance["Cache-Control"]
        form = entrance.content.decode().split(f'action="http://{HOST}{ENTRANCE}"')[1].split("</form>")[0]
        assert "csrfmiddlewaretoken" not in form

    def test_a_refusal_is_told(self, office: Client, organization: Organization) -> None:
        with public_context():
            home = Organization.objects.get(slug="platform")
        form = {"organization": home.schema_name, "reason": "Ticket 4711"}
        answer = office.post("/admin/tenants/supportgrant/add/", form, follow=True)
        assert b"There is no such organization." in answer.content
        assert not SupportGrant.objects.exists()

    def test_nobody_of_an_organization_asks(self, owner: User, root: APIClient, organization: Organization) -> None:
        browser = Client(SERVER_NAME=HOST)
        browser.force_login(owner)
        grant = asked(root, organization)
        assert browser.get("/admin/tenants/supportgrant/add/").status_code == 403
        assert browser.get("/admin/tenants/supportgrant/").status_code == 200
        assert browser.post(f"/admin/tenants/supportgrant/{grant['id']}/enter/").status_code in {302, 404}
        assert SupportGrant.objects.get().ended_at is None


class TestOrganizationPages:
    @pytest.fixture
    def office(self, owner: User) -> Client:
        browser = Client(SERVER_NAME=HOST)
        browser.force_login(owner)
        return browser

    def test_ending_one(self, office: Client, owner: User, root: APIClient, organization: Organization) -> None:
        """The page says what keeps support out, for ending does not."""
        pages = [f"/admin/tenants/supportgrant/{asked(root, organization)['id']}/change/"]
        assert f'href="{pages[0]}"' in office.get("/admin/").content.decode()
        for page in (pages[0], "/admin/tenants/supportgrant/"):
            shown = office.get(page).content.decode()
            assert "may ask for another at once" in shown
            assert 'href="/admin/tenants/organizationsettings/#id_support_access"' in shown
        assert office.post(pages[0].replace("/change/", "/close/")).status_code == 302
        assert SupportGrant.objects.get().ended_by == owner.email
        assert "/close/" not in office.get(pages[0]).content.decode()
        assert "is over" in office.post(pages[0].replace("/change/", "/close/"), follow=True).content.decode()

    def test_ending_several(self, office: Client, root: APIClient, organization: Organization) -> None:
        chosen = [asked(root, organization)["id"] for _each in range(2)]
        end = {"action": "end", "_selected_action": chosen}
        assert office.post("/admin/tenants/supportgrant/", end).status_code == 302
        assert not SupportGrant.objects.filter(ended_at=None).exists()

    def test_one_of_another_organization(
        self, office: Client, root: APIClient, organization: Organization, other_organization: Organization
    ) -> None:
        page = f"/admin/tenants/supportgrant/{asked(root, other_organization)['id']}"
        assert office.get(f"{page}/change/").status_code == 302
        assert office.post(f"{page}/close/").status_code == 302
        with public_context():
            assert SupportGrant.objects.get().ended_at is None

    def test_who_may_not(self, viewer: User, root: APIClient, organization: Organization) -> None:
        browser = Client(SERVER_NAME=HOST)
        browser.force_login(viewer)
        assert browser.post(f"/admin/tenants/supportgrant/{asked(root, organization)['id']}/close/").status_code == 403
        assert SupportGrant.objects.get().ended_at is None


@pytest.mark.parametrize("page", ["/admin/login/", "/portal/session/sign-in/"])
def test_who_signs_in_where_support_was_is_themselves(inside: Client, owner: User, page: str) -> None:
    """What they do would stand in the ledger as done by support, and be gone when that ends."""
    owner.set_password(PASSWORD)
    owner.save(update_fields=["password"])
    before = inside.cookies["sessionid"].value
    assert inside.post(page, {"username": owner.email, "password": PASSWORD}).status_code == 302
    assert inside.cookies["sessionid"].value != before
    assert inside.get("/api/v1/auth/me").json()["user"]["email"] == owner.email
    with public_context():
        SupportGrant.objects.update(expires_at=timezone.now())
    assert inside.get("/portal/").status_code == 200
    assert not inside.session.get_expire_at_browser_close()
    assert inside.session.get_expiry_age() > timedelta(days=1).total_seconds()
