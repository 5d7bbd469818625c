"""A service's form and command, written in the back-office with the keyboard and without JSON."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route

from apps.portal.models import Service
from apps.tenants.context import tenant_context
from tests.browser import Browse, Reader, aside, expect
from tests.live import Live
from tests.shop import PASSWORD, Shop, shop_opened

AXE_READS_SHEETS = "Applying inline style violates"  # axe copies the style sheets of shadow trees, and is refused


@pytest.fixture(scope="module")
def shop(live_module: Live) -> Shop:
    return shop_opened(live_module)


def opened(shop: Shop, browse: Browse, *, width: int = 1280) -> Reader:
    reader = browse(shop.address, width=width)
    reader.expect(AXE_READS_SHEETS)
    reader.sign_in(shop.email, PASSWORD)
    reader.open(f"/admin/portal/service/{shop.service_id}/change/")
    return reader


def stored(shop: Shop) -> Service:
    def read() -> Service:
        with tenant_context(shop.organization):
            return Service.objects.get(pk=shop.service_id)

    return aside(read)


def test_a_question_is_added_shown_and_put_into_the_command(shop: Shop, browse: Browse) -> None:
    reader = opened(shop, browse)
    page = reader.page
    seen = page.get_by_role("region", name="As people will see it")
    expect(seen.get_by_label("For whom").or_(seen.get_by_label("Name"))).to_be_visible()

    page.get_by_role("button", name="Add a question").press("Enter")
    page.keyboard.type("Loja de saída")  # the new card is open, and its first field has the focus
    card = page.locator(".builder-card").filter(has=page.locator("[data-title]", has_text="Loja de saída"))
    expect(card.get_by_label("Name in commands")).to_have_value("loja_de_saida")
    card.get_by_label("Kind of answer").select_option("select")
    expect(card.get_by_text("needs 1 to 500 entries.")).to_be_visible()
    reader.check_access("light")
    card.get_by_role("button", name="Add a choice").press("Enter")
    page.keyboard.type("Recife")
    page.keyboard.press("Tab")
    page.keyboard.type("REC")
    expect(seen.get_by_label("Loja de saída").locator("option")).to_have_text(["Choose…", "Recife"])
    expect(card.get_by_text("needs 1 to 500 entries.")).to_have_count(0)

    up = card.get_by_role("button", name="Move up")
    up.press("Enter")
    expect(up).to_be_focused()
    expect(page.get_by_text(re.compile(r"Question \d+ of 10"))).to_be_attached()
    page.get_by_role("button", name="Add an argument").press("Enter")
    page.get_by_role("button", name="{loja_de_saida}").click()
    will_run = page.get_by_role("region", name="What will run")
    expect(will_run.get_by_text("Field 'Name' is required.")).to_be_visible()
    seen.get_by_label("Name").fill("Ada")
    seen.get_by_label("Loja de saída").select_option("REC")
    expect(will_run.get_by_role("listitem").filter(has_text="REC")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile(r"/admin/portal/service/$"))
    saved = stored(shop)
    assert saved.form_schema_json["fields"][-2] == {
        "key": "loja_de_saida",
        "label": "Loja de saída",
        "type": "select",
        "options": [{"label": "Recife", "value": "REC"}],
    }
    assert saved.run_template_json["mapping"]["runtime_arguments"] == ["{count}", "{name}", "{loja_de_saida}"]


def test_an_answer_given_while_the_form_is_asked_for_stays(shop: Shop, browse: Browse) -> None:
    reader = opened(shop, browse)
    page = reader.page
    seen = page.get_by_role("region", name="As people will see it")
    expect(seen.get_by_label("Name")).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/preview/", hold, times=1)
    with page.expect_request("**/preview/"):
        page.get_by_role("button", name="Add a question").press("Enter")
        page.keyboard.type("Loja")
    seen.get_by_label("Name").fill("Ada")
    for route in held:
        route.continue_()
    expect(seen.get_by_label("Loja")).to_be_visible()
    expect(seen.get_by_label("Name")).to_have_value("Ada")


def test_a_new_service_begins_with_the_editors(shop: Shop, browse: Browse) -> None:
    reader = browse(shop.address)
    reader.sign_in(shop.email, PASSWORD)
    reader.open("/admin/portal/service/add/")
    page = reader.page
    expect(page.get_by_text("It asks for nothing yet.")).to_be_visible()
    expect(page.locator("textarea[name=form_schema_json]")).to_be_hidden()
    page.get_by_role("button", name="Add a question").click()
    expect(page.locator(".builder-card")).to_have_count(1)
    expect(page.get_by_role("button", name="Add an argument")).to_be_visible()


def test_a_name_is_followed_and_a_mistake_stands_at_its_field(shop: Shop, browse: Browse) -> None:
    reader = opened(shop, browse, width=360)
    page = reader.page
    before = stored(shop).revision
    card = page.locator(".builder-card").first
    card.locator("summary").first.click()
    card.get_by_label("Name in commands").fill("customer")
    card.get_by_label("Name in commands").press("Tab")
    expect(page.get_by_label("Argument").nth(1)).to_have_value("{customer}")
    card.get_by_text("Help, limits and when it is asked").click()
    pattern = card.get_by_label("Pattern that the whole answer fits")
    pattern.fill("(")
    expect(pattern).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("cannot be shown until").first).to_be_visible()
    reader.check_width()
    reader.check_access("dark")
    page.get_by_role("button", name="Save", exact=True).click()  # the server says the same, and nothing is lost
    expect(page.get_by_text("validation.regex").first).to_be_visible()
    expect(card.locator("[data-bind='key']")).to_have_value("customer")
    assert stored(shop).revision == before
