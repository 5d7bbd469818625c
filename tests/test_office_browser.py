"""The back-office in a real browser: from signing in to a version that was published there and runs, line by line."""

from __future__ import annotations

import re
from base64 import b32decode
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from django_otp.oath import TOTP

from apps.accounts.models import User
from apps.accounts.services.platform import platform_admin_create
from apps.accounts.services.users import user_create
from apps.common.actor import Actor
from apps.common.testing import eventually
from apps.tenants.context import tenant_context
from apps.tenants.naming import PLATFORM
from apps.tenants.services.organizations import organization_create, organization_suspend
from tests.browser import ZONE, Browse, Reader, expect
from tests.live import Live, Process
from tests.shop import PASSWORD, Shop, run_stored, run_waiting, shop_opened

SOURCE = rb"""
import time
for number in range(40):
    print(f"\x1b[32mstep\x1b[0m {number} <b>done</b>", flush=True)
    time.sleep(0.1)
"""
ALL_HERE = "document.querySelector('[data-log]').logViewer.lines.seqs"


@pytest.fixture(scope="module")
def shop(live_module: Live) -> Shop:
    """One for all tests here: starting processes is what takes its time."""
    return shop_opened(live_module)


@pytest.fixture(scope="module")
def worker(shop: Shop) -> Process:
    return shop.live.worker(include="apps.robots.kinds")


def person_made(shop: Shop, role: str) -> User:
    """Somebody of this role, with a password."""
    actor, email = Actor.system("tests", schema=shop.live.schema), f"{role}-{uuid4().hex[:8]}@acme.example"
    return user_create(actor=actor, email=email, name="Vera", password=PASSWORD, role=role, now=timezone.now())


def sign_in(reader: Reader, email: str) -> None:
    """Through the back-office's own page, to its first."""
    reader.open("/admin/")
    reader.page.locator("input[name=username]").fill(email)
    reader.page.locator("input[name=password]").fill(PASSWORD)
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url(lambda url: "/login/" not in url)


def test_a_version_is_published_and_runs_live(shop: Shop, worker: Process, browse: Browse) -> None:
    reader = browse(shop.address)
    page = reader.page
    reader.open("/admin/")
    reader.check_access("light")
    expect(page.get_by_role("link", name="Forgot your password?")).to_be_visible()
    sign_in(reader, shop.email)
    expect(page.get_by_text("Runs today")).to_be_visible()

    page.get_by_role("link", name="Robots", exact=True).first.click()
    page.get_by_role("link", name=shop.robot.name).click()
    page.get_by_role("link", name="Publish a version").click()
    page.locator("input[type=file]").set_input_files({"name": "job.py", "mimeType": "text/x-python", "buffer": SOURCE})
    page.get_by_label("Number").fill("1.0.0")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("has version 1.0.0 already").first).to_be_visible()
    reader.check_access("light")
    page.locator("input[type=file]").set_input_files({"name": "job.py", "mimeType": "text/x-python", "buffer": SOURCE})
    page.get_by_label("Number").fill("1.1.0")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 1.1.0 is active.").first).to_be_visible()

    page.get_by_role("button", name="Run", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/admin/robots/run/.+/change/"))
    expect(page.locator("[data-log-connection]")).to_have_attribute("data-kind", "live")
    expect(page.locator("[data-run-state]")).to_have_text("Running")
    eventually(lambda: len(page.evaluate(ALL_HERE)) > 5)
    expect(page.locator(".log-text", has_text="step 3 <b>done</b>")).to_be_visible()
    expect(page.locator(".ansi-fg-2").first).to_have_text("step")
    expect(page.locator("[data-run-state]")).to_have_text("Succeeded")
    assert page.evaluate(ALL_HERE) == list(range(1, 41))

    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("link", name="the earlier run")).to_be_visible()
    page.get_by_role("link", name=shop.robot.name, exact=True).click()
    page.get_by_role("button", name="Roll back to 1.0.0").click()
    expect(page.get_by_text("Version 1.0.0 is active.").first).to_be_visible()
    page.get_by_role("link", name="History", exact=True).click()
    expect(page.get_by_text("version.activated").first).to_be_visible()


def test_a_run_that_waits_can_be_stopped(shop: Shop, browse: Browse) -> None:
    run = run_waiting(shop)
    reader = browse(shop.address)
    sign_in(reader, shop.email)
    page = reader.page
    reader.open(f"/admin/robots/run/{run}/change/")
    expect(page.locator("[data-run-queue]")).to_contain_text("Waiting: next in line.")
    page.get_by_role("link", name="Stop").click()
    reader.check_access("light")
    page.get_by_role("dialog").get_by_role("button", name="Stop it").click()
    expect(page.locator("[data-run-state]")).to_have_text("Cancelled")
    stopped = page.evaluate(
        "[getComputedStyle(document.querySelector('progress')).getPropertyValue('--filled'), "
        "getComputedStyle(document.documentElement).getPropertyValue('--still')]"
    )
    assert stopped[0] == stopped[1] != ""
    expect(page.get_by_role("button", name="Run again")).to_be_visible()


def test_every_page_is_open_to_everybody(shop: Shop, browse: Browse) -> None:
    """On a phone; the pages of our own in both themes."""
    run = run_stored(shop, 30)
    run_waiting(shop)
    reader = browse(shop.address, width=360, height=740)
    sign_in(reader, shop.email)
    for path in (
        "/admin/",
        "/admin/robots/run/",
        "/admin/robots/run/export/",
        f"/admin/robots/run/{run}/change/",
        f"/admin/robots/run/{run}/history/",
        "/admin/robots/robot/",
        f"/admin/robots/robot/{shop.robot.pk}/change/",
        f"/admin/robots/robot/{shop.robot.pk}/publish/",
        "/admin/robots/schedule/add/",
        "/admin/accounts/user/",
        "/admin/accounts/user/import/",
        "/admin/portal/service/",
        "/admin/events/event/",
    ):
        reader.open(path)
        reader.check_width()
        reader.check_access("light")
    for path in ("/admin/", f"/admin/robots/run/{run}/change/", f"/admin/robots/robot/{shop.robot.pk}/change/"):
        reader.page.emulate_media(color_scheme="dark")  # the back-office looks at it when a page is loaded
        reader.open(path)
        expect(reader.page.locator("html")).to_have_class(re.compile("dark"))
        reader.check_access("dark")


def test_people_come_from_a_file_and_go_into_one(shop: Shop, browse: Browse) -> None:
    reader = browse(shop.address)
    sign_in(reader, shop.email)
    page = reader.page
    chosen, rows = page.locator("input[type=file]"), "email,name,role\nnova@acme.example,Nova,{role}\n"
    for role in ("nonsense", "operator"):
        reader.open("/admin/accounts/user/import/")
        data = rows.format(role=role).encode()
        chosen.set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": data})
        page.get_by_role("button", name="Look at it").click()
        expect(
            page.get_by_text("Nothing was written" if role == "nonsense" else "Nothing has happened yet")
        ).to_be_visible()
        reader.check_access()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("1 added, 0 changed, 0 as they were.")).to_be_visible()
    page.get_by_role("link", name="Export").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Export", exact=True).click()
    assert "nova@acme.example,Nova,operator" in started.value.path().read_text(encoding="utf-8-sig")


def test_the_platforms_pages_are_open_to_everybody(shop: Shop, browse: Browse) -> None:
    """On a phone; the last page before an organization is purged in both themes, once the delay is over."""
    email, now = "platform@example.org", timezone.now()
    with tenant_context(PLATFORM):
        platform_admin_create(email=email, name="Platform", password=PASSWORD, now=now)
    system = Actor.system("tests", schema=PLATFORM)
    days_ago = now - timedelta(days=8)
    gone = organization_suspend(actor=system, organization=organization_create(name="Gone"), now=days_ago)
    reader = browse(shop.web.url, width=360, height=740)
    sign_in(reader, email)
    page = f"/admin/tenants/organization/{gone.pk}"
    for path in (
        "/admin/",
        "/admin/tenants/organization/",
        f"{page}/change/",
        "/admin/tenants/domain/",
        "/admin/tenants/purgecertificate/",
        "/admin/dispatch/ticket/",
        "/admin/mail/outgoingmail/",
    ):
        reader.open(path)
        reader.check_width()
        reader.check_access("light")
    reader.open(f"{page}/purge/")
    expect(reader.page.get_by_text("This will be gone for good")).to_be_visible()
    reader.check_width()
    reader.check_access()


def test_support_comes_in_and_leaves(shop: Shop, browse: Browse) -> None:
    """On a phone, each page of it in both themes; policies of both hosts let the form through, and no address tells."""
    email, now, seen = "support@example.org", timezone.now(), []
    with tenant_context(PLATFORM):
        platform_admin_create(email=email, name="Platform", password=PASSWORD, now=now)
    reader = browse(f"http://localhost:{shop.web.port}", width=360, height=740)
    page = reader.page
    page.on("request", lambda request: seen.append((request.url, request.headers.get("referer", ""))))

    def checked() -> None:
        reader.check_width()
        reader.check_access()

    sign_in(reader, email)
    reader.open(f"/admin/tenants/supportgrant/add/?organization={shop.organization.schema_name}")
    page.get_by_label("Reason").fill("Ticket 4711")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Enter…").click()
    expect(page.get_by_role("button", name="Enter", exact=True)).to_be_visible()
    checked()
    ticket = page.locator("input[name=ticket]").input_value()
    page.get_by_role("button", name="Enter", exact=True).click()
    expect(page).to_have_url(f"{shop.address}/admin/")
    expect(page.get_by_text("Ticket 4711")).to_be_visible()
    checked()
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_text(f"You have left {shop.organization.name}")).to_be_visible()
    checked()
    page.get_by_role("link", name="To the platform's back-office").click()
    expect(page).to_have_url(f"http://localhost:{shop.web.port}/admin/")
    assert not [each for each in seen if ticket in "".join(each)]


def test_rights_are_given_looked_at_and_previewed(shop: Shop, browse: Browse) -> None:
    """On a phone, each page of it in both themes."""
    with tenant_context(shop.organization):
        viewer = person_made(shop, "viewer")
    reader = browse(shop.address, width=360, height=740)
    sign_in(reader, shop.email)
    page, user = reader.page, f"/admin/accounts/user/{viewer.pk}"

    def checked() -> None:
        reader.check_width()
        reader.check_access()

    reader.open("/admin/accounts/usergroup/add/")
    page.get_by_label("Name").fill("Night shift")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("E-mail of a person").fill(viewer.email)
    page.get_by_role("button", name="Put into the group").click()
    expect(page.get_by_role("link", name="Vera")).to_be_visible()
    page.get_by_role("link", name="Give a right").click()
    page.get_by_label("Action").select_option("robot.run")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("button", name=f"Give: {shop.robot.name}").click()
    expect(page.get_by_text(shop.robot.name)).to_be_visible()
    checked()

    reader.open(f"{user}/rights/give/?action=run.read")
    checked()
    page.get_by_role("button", name=f"Give: {shop.robot.name}").click()
    expect(page.get_by_text("in place of the role").first).to_be_visible()
    checked()
    page.get_by_role("link", name="Why may they do this?").click()
    page.get_by_label("Action").select_option("robot.run")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("link", name=shop.robot.name, exact=True).click()
    expect(page.get_by_text("The group Night shift was granted it on robot")).to_be_visible()
    checked()

    reader.open("/admin/accounts/role/")
    page.get_by_role("link", name="Viewer", exact=True).first.click()
    page.get_by_role("button", name="Look around as this role").click()
    expect(page.get_by_text("You are looking around as the role Viewer")).to_be_visible()
    checked()
    reader.open("/portal/")
    checked()
    page.get_by_role("button", name="Stop the preview").click()
    expect(page).to_have_url(re.compile("/admin/$"))
    expect(page.get_by_text("You are looking around")).to_have_count(0)


def test_settings_are_shown_before_they_are_saved(shop: Shop, browse: Browse) -> None:
    """On a phone, each page of it in both themes."""
    reader = browse(shop.address, width=360, height=740)
    sign_in(reader, shop.email)
    page = reader.page
    reader.open("/admin/accounts/oidcsettings/")
    expect(page.locator("[data-copy]")).to_have_attribute("data-copy", f"{shop.address}/oidc/callback")
    page.locator("[name=issuer]").fill("http://127.0.0.1:1")
    page.get_by_role("button", name="Check the connection").click()
    expect(page.get_by_text("is no https address that may be asked").first).to_be_visible()
    reader.check_width()
    reader.check_access()
    reader.open("/admin/tenants/organizationsettings/")
    page.locator("[name=label_user_label]").fill("Patient")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Nothing has been saved yet.")).to_be_visible()
    expect(page.get_by_text("Patient", exact=True)).to_be_visible()
    reader.check_width()
    reader.check_access()
    page.get_by_role("button", name="Save these changes").click()
    expect(page.locator("[name=label_user_label]")).to_have_value("Patient")


def test_a_second_factor_is_set_up_and_asked_for(shop: Shop, browse: Browse) -> None:
    """On a phone, each page of it in both themes."""
    with tenant_context(shop.organization):
        person = person_made(shop, "operator")
    reader = browse(shop.address, width=360, height=740)
    reader.sign_in(person.email, PASSWORD)
    page = reader.page

    def checked() -> None:
        reader.check_width()
        reader.check_access()

    reader.open("/second-factor")
    checked()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    secret = page.locator("code").first.inner_text().replace(" ", "")
    checked()
    page.get_by_label("Code").fill(f"{TOTP(b32decode(secret)).token():06}")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".code-list code")).to_have_count(10)
    checked()
    reader.open("/second-factor")
    checked()
    reader.context.clear_cookies()
    reader.open("/portal/session/sign-in/")
    page.get_by_label("E-mail").fill(person.email)
    page.locator("#password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.get_by_label("Code")).to_be_visible()
    checked()
    reader.open("/admin/")
    page.locator("input[name=username]").fill(person.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_visible()
    checked()


def test_language_and_theme_are_one_with_the_portal(shop: Shop, browse: Browse) -> None:
    reader = browse(shop.address, language="pt-BR")
    sign_in(reader, shop.email)
    page = reader.page
    expect(page.get_by_text("Execuções hoje")).to_be_visible()
    page.evaluate("localStorage.setItem('adminTheme', '\"dark\"')")
    reader.open("/portal/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.evaluate("localStorage.setItem('theme', 'light')")
    reader.open("/admin/")
    expect(page.locator("html")).to_have_class(re.compile("light"))


def test_times_of_another_zone_than_the_browsers_name_it(shop: Shop, browse: Browse) -> None:
    """On pages of both kinds, also on a phone."""
    run = run_stored(shop, 1)
    with tenant_context(shop.live.schema):
        here, away = person_made(shop, "org_admin"), person_made(shop, "org_admin")
        User.objects.filter(pk=here.pk).update(timezone=ZONE)
        User.objects.filter(pk=away.pk).update(timezone="Asia/Tokyo")
    for person, ending in ((here, r"\d [AP]M$"), (away, r"\d [AP]M UTC\+9$")):
        reader = browse(shop.address, width=360, height=740)
        sign_in(reader, person.email)
        for path in (f"/admin/robots/run/{run}/change/", f"/portal/runs/{run}/", "/admin/robots/run/"):
            reader.open(path)
            expect(reader.page.locator('time[data-moment="minute"]').first).to_have_text(re.compile(ending))
            reader.check_width()
