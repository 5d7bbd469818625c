"""The portal in a real browser: from signing in to the file that a run left, and a log of a hundred thousand lines."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import override
from playwright.sync_api import Route

from apps.common.testing import eventually
from tests.browser import Browse, Reader, aside, expect
from tests.live import Live, Process
from tests.shop import PASSWORD, Shop, run_stored, run_waiting, shop_opened

NO_SOCKETS = """
window.WebSocket = class extends EventTarget {
  constructor() {
    super();
    setTimeout(() => this.dispatchEvent(new CloseEvent("close", { code: 1006 })), 0);
  }
  close() {}
};
"""
ASKED, REFRESH = (f"document.querySelector('.run[data-run]').runPage.{part}" for part in ("asked", "refresh()"))
ALL_HERE = "document.querySelector('[data-log]').logViewer.lines.seqs"


@pytest.fixture(scope="module")
def shop(live_module: Live) -> Shop:
    """One for all tests here: starting processes is what takes its time."""
    return shop_opened(live_module)


@pytest.fixture(scope="module")
def worker(shop: Shop) -> Process:
    return shop.live.worker(include="apps.robots.kinds")


@pytest.fixture
def reader(shop: Shop, browse: Browse) -> Reader:
    """Somebody who has signed in."""
    somebody = browse(shop.address)
    somebody.sign_in(shop.email, PASSWORD)
    return somebody


def test_redoc_asks_nobody_else_for_a_logo(shop: Shop, browse: Browse) -> None:
    """It would be refused by the policy of the page, with a complaint in the console."""
    reader = browse(shop.address)
    reader.open("/api/v1/redoc")
    expect(reader.page.get_by_text("API docs by Redocly")).to_be_visible(timeout=30_000)
    expect(reader.page.get_by_role("img", name="redocly logo")).to_have_count(0)


def test_from_sign_in_to_what_a_run_left(shop: Shop, worker: Process, browse: Browse, tmp_path: Path) -> None:
    reader = browse(shop.address)
    page = reader.page
    reader.open(f"/portal/services/{shop.service_id}/")
    expect(page).to_have_url(re.compile(r"/sign-in/\?next="))
    reader.check_access()
    page.get_by_role("link", name="Forgot your password?").click()
    expect(page).to_have_url(re.compile(r"/password/forgot"))
    reader.check_access()
    page.go_back()
    page.get_by_label("E-mail").fill(shop.email)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Take orders")

    page.get_by_role("button", name="Run", exact=True).click()  # without a name
    expect(page.locator(".summary")).to_be_focused()
    page.locator(".summary a").click()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.locator("#error-name")).to_contain_text("is required")
    reader.expect("400 (Bad Request)")  # the browser names the status of the page it shows
    reader.check_access()

    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name="What will run?").click()
    expect(page.locator("#plan")).to_contain_text("Ada")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile(r"/portal/runs/"))
    expect(page.locator("[data-run-state]")).to_have_text("Succeeded")
    expect(page.locator("[data-log-connection-text]")).to_have_text("Complete")
    expect(page.locator(".log-text", has_text="order 2 <b>for Ada</b>")).to_be_visible()
    expect(page.locator(".ansi-fg-2").first).to_have_text("order")
    expect(page.get_by_role("button", name="Orders")).to_have_text("Orders 5 lines")  # a group that nothing ended
    reader.check_access()

    pictures = page.locator(".artifacts .thumb")
    expect(pictures).to_have_count(1)
    expect(pictures).to_have_js_property("naturalWidth", 1)

    with page.expect_download() as started:
        page.get_by_role("link", name="Download orders.csv").click()
    started.value.save_as(tmp_path / "orders.csv")
    assert (tmp_path / "orders.csv").read_text() == "order,total\n1,10\n2,20\n"
    page.get_by_role("link", name="orders.csv", exact=True).click()
    expect(page.get_by_role("columnheader")).to_have_text(["order", "total"])
    reader.check_access()


def test_lines_arrive_live_and_none_is_missing_when_the_connection_breaks(
    shop: Shop, worker: Process, reader: Reader
) -> None:
    page = reader.page
    reader.expect("WebSocket connection to")
    reader.expect("ERR_CONNECTION_REFUSED")
    reader.open(f"/portal/services/{shop.service_id}/")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Count", exact=True).fill("80")
    page.get_by_role("button", name="Run", exact=True).click()
    connection = page.locator("[data-log-connection]")
    expect(connection).to_have_attribute("data-kind", "live")
    expect(page.locator("[data-run-state]")).to_have_text("Running")
    eventually(lambda: len(page.evaluate(ALL_HERE)) > 10, seconds=30)
    expect(page.locator("[data-run-progress-count]")).to_contain_text("/ 80")

    shop.web.process.kill()
    expect(connection).to_have_attribute("data-kind", re.compile("waiting|connecting"))
    aside(shop.reopen)
    expect(page.locator("[data-run-state]")).to_have_text("Succeeded", timeout=60_000)  # it waits longer each time
    expect(connection).to_have_attribute("data-kind", "over")
    expect(page.locator("[data-run-artifacts]")).to_contain_text("orders.csv")
    assert page.evaluate(ALL_HERE) == list(range(1, 88))


def test_events_serve_where_sockets_do_not_get_through(shop: Shop, browse: Browse) -> None:
    run = run_stored(shop, 40)
    reader = browse(shop.address)
    reader.page.add_init_script(NO_SOCKETS)
    reader.sign_in(shop.email, PASSWORD)
    reader.open(f"/portal/runs/{run}/")
    expect(reader.page.locator("[data-log-count]")).to_have_text("40 lines")
    expect(reader.page.locator("[data-log-connection]")).to_have_attribute("data-kind", "over")


def test_a_hundred_thousand_lines(shop: Shop, browse: Browse) -> None:
    run = run_stored(shop, 100_000)
    reader = browse(shop.address)
    reader.sign_in(shop.email, PASSWORD)
    page = reader.page
    reader.open(f"/portal/runs/{run}/#L54321")
    expect(page.locator("[data-log-count]")).to_have_text("100,000 lines", timeout=60_000)
    expect(page.locator(".log-row.marked .log-number")).to_have_text("54321")
    expect(page.locator(".log-row.marked")).to_be_in_viewport()

    steps = page.evaluate(
        """async () => {
          const view = document.querySelector('[data-log-lines]');
          let most = 0, slowest = 0, empty = 0;
          for (let step = 0; step <= 60; step += 1) {
            view.scrollTop = (view.scrollHeight * step) / 60;
            const before = performance.now();
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            slowest = Math.max(slowest, performance.now() - before);
            most = Math.max(most, view.querySelectorAll('*').length);
            empty += view.querySelectorAll('.log-row').length < 10;
          }
          return { most, slowest, empty };
        }"""
    )
    assert steps["most"] < 600  # elements, whatever the number of lines
    assert steps["empty"] == 0
    assert steps["slowest"] < 3000  # milliseconds, on a busy machine; some 20 on an idle one
    expect(page.locator(".log-number").last).to_have_text("100000")

    page.get_by_role("searchbox", name="Search the log").fill("order 4242 ")
    expect(page.locator("[data-log-matches]")).to_have_text("1 of 1")
    expect(page.locator(".log-row.current mark")).to_have_text("order 4242")
    page.get_by_role("searchbox", name="Search the log").fill("line 99")
    expect(page.locator("[data-log-matches]")).to_contain_text("of 1,111")
    expect(page.locator(".log-row:has(mark)").first).to_be_visible()
    marked = "document.querySelectorAll('.log-row mark').length"
    assert page.evaluate(marked) == page.locator(".log-row", has_text="line 99").count()
    found = page.locator(".log-row.current .log-number").text_content()
    page.keyboard.press("Enter")
    expect(page.locator(".log-row.current .log-number")).not_to_have_text(found or "")

    page.get_by_role("button", name="First error").click()
    expect(page.locator(".log-row.marked .log-number")).to_have_text("1000")
    assert page.url.endswith("#L1000")
    page.get_by_label("Levels").select_option("2")
    assert page.evaluate("document.querySelector('[data-log]').logViewer.lines.view.length") == 100
    page.locator("[data-log-lines]").focus()
    page.keyboard.press("e")
    expect(page.locator(".log-row.marked .log-number")).to_have_text("2000")
    reader.check_access()


def test_the_form_follows_the_answers(shop: Shop, reader: Reader) -> None:
    page = reader.page
    reader.open(f"/portal/services/{shop.service_id}/")
    expect(page.get_by_label("Text of the card")).to_be_hidden()
    page.get_by_label("Kind").select_option("gift")
    page.get_by_label("Text of the card").fill("Happy birthday")
    expect(page.get_by_label("At", exact=True)).to_have_value(
        "2026-02-03T09:00"
    )  # noon in London, by the reader's clock
    version = page.get_by_label("Version")
    expect(version.locator("option")).to_have_text(["First answer: Robot"])
    page.locator("#answer-robot").select_option(label=shop.robot.name)
    expect(version.locator("option")).to_have_text(["Choose…", "1.0.0"])
    page.get_by_label("Kind").select_option("plain")
    expect(page.get_by_label("Text of the card")).to_be_hidden()
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name="Run", exact=True).click()  # the hidden answer is not sent, or it would be refused
    expect(page).to_have_url(re.compile(r"/portal/runs/"))


def test_a_server_that_offers_nothing_keeps_nobody_waiting(shop: Shop, reader: Reader) -> None:
    page = reader.page
    reader.expect("net::ERR_FAILED")
    reader.open(f"/portal/services/{shop.service_id}/")
    version = page.locator('[data-field="version"]')
    page.route("**/*answers=*", lambda route: route.abort())
    page.locator("#answer-robot").select_option(label=shop.robot.name)
    expect(version.locator("option")).to_have_text(["The server does not answer. Try again."])
    expect(version).not_to_have_attribute("aria-busy", "true")


def test_news_of_a_run_that_come_late_change_nothing(shop: Shop, browse: Browse) -> None:
    run = run_stored(shop, 3)
    reader = browse(shop.address)
    reader.sign_in(shop.email, PASSWORD)
    page, detail = reader.page, f"**/api/v1/runs/{run}"
    reader.open(f"/portal/runs/{run}/")
    expect(page.locator("[data-log-connection]")).to_have_attribute("data-kind", "over")
    page.wait_for_load_state("networkidle")
    held: list[Route] = []
    page.route(detail, lambda route: route.continue_() if held else held.append(route))
    with page.expect_response(detail) as newer:
        page.evaluate("const page = document.querySelector('.run[data-run]').runPage; page.refresh(); page.refresh()")
    expect(page.locator("[data-run-attempt]")).to_have_text("1 / 1")
    with page.expect_response(detail):
        held[0].fulfill(json=newer.value.json() | {"attempt": 0})
    page.evaluate("new Promise((done) => setTimeout(done))")
    expect(page.locator("[data-run-attempt]")).to_have_text("1 / 1")


def test_a_server_that_does_not_tell_how_a_run_is_is_asked_again_later(shop: Shop, browse: Browse) -> None:
    run = run_stored(shop, 3)
    reader = browse(shop.address)
    reader.expect("503 (Service Unavailable)")
    reader.page.clock.install()
    reader.sign_in(shop.email, PASSWORD)
    page, detail = reader.page, f"**/api/v1/runs/{run}"
    reader.open(f"/portal/runs/{run}/")
    expect(page.locator("[data-log-connection]")).to_have_attribute("data-kind", "over")
    page.wait_for_load_state("networkidle")
    with page.expect_response(detail) as told:
        page.evaluate(REFRESH)
    answers = iter([(503, 2), (200, 3), (503, 4), (200, 5)])  # the status, and the attempt that is told
    page.route(detail, lambda route: _answered(route, *next(answers), told.value.json()))
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    page.evaluate(REFRESH)
    asked = page.evaluate(ASKED)
    page.clock.run_for(4_999)
    assert page.evaluate(ASKED) == asked
    page.clock.run_for(1)
    assert page.evaluate(ASKED) == asked + 1
    expect(page.locator("[data-run-attempt]")).to_have_text("3 / 1")

    page.evaluate(REFRESH)
    page.evaluate(REFRESH)  # is told something newer: what the one before waits for is not asked any more
    expect(page.locator("[data-run-attempt]")).to_have_text("5 / 1")
    page.clock.run_for(60_000)
    assert page.evaluate(ASKED) == asked + 3


def _answered(route: Route, status: int, attempt: int, told: dict[str, Any]) -> None:
    route.fulfill(status=status, json=told | {"attempt": attempt})


@pytest.mark.parametrize(("language", "code"), [("en-US", "en"), ("pt-BR", "pt-br")])
def test_sizes_are_written_as_the_server_writes_them(shop: Shop, browse: Browse, language: str, code: str) -> None:
    sizes = [0, 1, 2, 1023, 1024, 1280, 1281, 239_001, 1024**2 - 1, 1024**2, 5_500_000, 1024**3, 1024**4, 3 * 1024**5]
    with override(code):
        written = [filesizeformat(size) for size in sizes]
    reader = browse(shop.address, language=language)
    reader.open("/portal/session/sign-in/")
    sent = 'async (sizes) => { const { bytes } = await import("/static/robots/run.js"); return sizes.map(bytes); }'
    assert reader.page.evaluate(sent, sizes) == written


def test_groups_deeper_than_are_folded_end_one_by_one(shop: Shop, browse: Browse) -> None:
    reader = browse(shop.address)
    reader.open("/portal/session/sign-in/")
    marks = ["::group::"] * 9 + ["::endgroup::", "inside", *["::endgroup::"] * 8, "outside"]
    sizes = reader.page.evaluate(
        """async (marks) => {
          const { Lines } = await import("/static/robots/log/lines.js");
          const lines = new Lines();
          lines.append(marks.map((message, index) => ({ seq: index + 1, level: "INFO", stream: "stdout", message })));
          return [...lines.sizes.values()];
        }""",
        marks,
    )
    assert sizes == [1] * 8 + [0]


def test_a_run_that_waits_can_be_stopped(shop: Shop, browse: Browse) -> None:
    run = run_waiting(shop)
    reader = browse(shop.address)
    reader.sign_in(shop.email, PASSWORD)
    page = reader.page
    reader.open(f"/portal/runs/{run}/")
    expect(page.locator("[data-run-queue]")).to_contain_text("Waiting: next in line.")
    expect(page.locator("[data-log-empty]")).to_have_text("Waiting for the first line…")
    page.get_by_role("link", name="Stop").click()
    reader.check_access()
    page.get_by_role("dialog").get_by_role("button", name="Stop it").click()
    expect(page.locator("[data-run-state]")).to_have_text("Cancelled")
    expect(page.locator("[data-log-empty]")).to_have_text("This run wrote nothing.")
    stopped = page.evaluate(
        "[getComputedStyle(document.querySelector('progress')).getPropertyValue('--filled'), "
        "getComputedStyle(document.documentElement).getPropertyValue('--still')]"
    )
    assert stopped[0] == stopped[1] != ""
    expect(page.get_by_role("button", name="Run again")).to_be_visible()


def test_the_menu_of_the_log_stays_on_the_page(shop: Shop, browse: Browse) -> None:
    run = run_stored(shop, 2003)
    for width, language in ((1280, "en-US"), (1280, "pt-BR"), (700, "pt-BR"), (360, "pt-BR")):
        reader = browse(shop.address, width=width, language=language)
        reader.sign_in(shop.email, PASSWORD)
        reader.open(f"/portal/runs/{run}/")
        expect(reader.page.locator("[data-log-connection]")).to_have_attribute("data-kind", "over")
        reader.page.locator(".log .menu > summary").click()
        menu = reader.page.locator(".log .menu-panel")
        shown = menu.evaluate("(panel) => panel.getBoundingClientRect().toJSON()")
        assert (shown["left"] >= 0, shown["right"] <= width) == (True, True), (width, language, shown)
        assert menu.evaluate("(panel) => panel.scrollWidth - panel.clientWidth") == 0, (width, language)


def test_copying_tells_how_it_went(shop: Shop, browse: Browse) -> None:
    run = run_stored(shop, 3)
    reader = browse(shop.address)
    reader.sign_in(shop.email, PASSWORD)
    reader.open(f"/portal/runs/{run}/")
    expect(reader.page.locator("[data-log-connection]")).to_have_attribute("data-kind", "over")
    reader.page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.clip = text } }")
    reader.page.locator(".log .menu > summary").click()
    button = reader.page.locator("[data-log-copy]")
    button.click()
    expect(button).to_have_text("Copied")
    assert reader.page.evaluate("clip").count("\n") == 2
    expect(button).to_have_text("Copy the marked lines, or all")
    reader.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    button.click()
    expect(button).to_have_text("The browser does not let it be copied")


def test_one_line_is_one_line(shop: Shop, browse: Browse) -> None:
    run = run_stored(shop, 1)
    for language, told in (("en-US", "1 line"), ("pt-BR", "1 linha")):
        reader = browse(shop.address, language=language)
        reader.sign_in(shop.email, PASSWORD)
        reader.open(f"/portal/runs/{run}/")
        expect(reader.page.locator("[data-log-count]")).to_have_text(told)


def test_every_page_is_open_to_everybody(shop: Shop, browse: Browse) -> None:
    """On a phone, in both languages and both themes."""
    run = run_stored(shop, 30)
    for language, services in (("pt-BR", "Serviços"), ("en-US", "Services")):
        reader = browse(shop.address, width=360, height=740, language=language)
        reader.sign_in(shop.email, PASSWORD)
        expect(reader.page.get_by_role("heading", level=1)).to_have_text(services)
        domain = reader.page.locator("h2 a").first.get_attribute("href")
        reader.expect("404 (Not Found)")
        for path in (
            "/",
            "/portal/",
            "/portal/?q=nothing-like-this",
            domain or "",
            f"/portal/services/{shop.service_id}/",
            f"/portal/services/{shop.service_id}/runs/",
            f"/portal/runs/{run}/",
            f"/portal/runs/{run}/cancel/",
            "/portal/nowhere/",
        ):
            reader.open(path)
            reader.check_width()
            if language == "en-US":
                reader.check_access()
    shared = browse(shop.web.url, width=360)
    shared.page.goto(f"http://localhost:{shop.web.port}/portal/runs/{run}/")
    shared.check_access()
    shared.page.get_by_role("textbox").fill(shop.organization.slug)
    shared.page.keyboard.press("Enter")
    expect(shared.page).to_have_url(
        re.compile(rf"^{re.escape(shop.address)}/portal/session/sign-in/\?next=%2Fportal%2Fruns")
    )


def test_language_and_theme_are_remembered(shop: Shop, browse: Browse) -> None:
    reader = browse(shop.address)
    page = reader.page
    reader.open("/portal/session/sign-in/")
    page.get_by_role("contentinfo").get_by_role("button", name="Português").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Entrar")
    page.get_by_role("contentinfo").get_by_role("button", name="Escuro").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("lang", "pt-br")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 19, 23)"
