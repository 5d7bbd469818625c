"""
A real browser in front of the real processes of ``tests/live.py``.

    def test_it(live: Live, browse: Browse) -> None:
        web = live.web()
        reader = browse(web.url_of("acme"))
        reader.open("/portal/")
        reader.page.get_by_role("button", name="Run").click()
        reader.check_access()

It is the machine's own Chromium, driven by Playwright; without one, tests that ask for ``browse`` are skipped. Whatever
a page complains of (a script's error, a refused resource, a breach of its content security policy) fails the test at
its end, unless the test says that it expected it: ``reader.expect("net::ERR_CONNECTION_REFUSED")``.

While a browser is open, Playwright has an event loop in this thread, and Django refuses to touch the database there:
lay the table before the first ``browse(…)``, or say ``aside(work)``, which works in a thread of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--no-sandbox",  # tests may run as root, where Chromium has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 30_000  # milliseconds; machines that run tests are busy
ZONE = "America/Sao_Paulo"
PAINTED_TRIES, PAINTED_MILLISECONDS = 6, 500
expect.set_options(timeout=PATIENCE)
Theme = Literal["light", "dark"]
T = TypeVar("T")


@dataclass
class Reader:
    """Somebody in front of a browser, and what the browser complained of."""

    context: BrowserContext
    address: str
    page: Page = field(init=False)
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{error.message}\n{error.stack}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def sign_in(self, email: str, password: str) -> None:
        """Signs in to the portal, and arrives there."""
        self.open("/portal/session/sign-in/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.locator("#password").fill(password)
        self.page.locator("main button[type=submit]").click()
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)

    def expect(self, part: str) -> None:
        """Complaints that hold this text are what the test is about."""
        self.expected.append(part)

    def check_complaints(self) -> None:
        unexpected = [text for text in self.complaints if not any(part in text for part in self.expected)]
        assert not unexpected, "\n".join(unexpected)

    def check_access(self, *themes: Theme) -> None:
        """Nothing of what axe calls serious or critical, in either theme."""
        for theme in themes or ("light", "dark"):
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            grave = self._grave()
            for _again in range(PAINTED_TRIES):  # colours of a theme may come a moment later on a busy machine
                if not grave:
                    break
                self.page.wait_for_timeout(PAINTED_MILLISECONDS)
                grave = self._grave()
            assert not grave, f"{self.page.url} ({theme})\n" + "\n".join(map(_told, grave))

    def _grave(self) -> list[dict[str, Any]]:
        found = Axe().run(self.page).response["violations"]
        return [each for each in found if each["impact"] in {"serious", "critical"}]

    def check_width(self) -> None:
        """The page does not scroll sideways."""
        wide, seen = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen, f"{self.page.url}: {wide} > {seen}"


def _told(violation: dict[str, Any]) -> str:
    places = "\n".join(f"    {node['html'][:160]}  {node['failureSummary'][:300]}" for node in violation["nodes"][:5])
    return f"{violation['id']}: {violation['help']}\n{places}"


class Browse(Protocol):
    """Opens a window of its own at an address, with cookies of its own."""

    def __call__(self, address: str, *, width: int = 1280, height: int = 800, language: str = "en-US") -> Reader: ...


class Window:
    """Opens Chromium when the first reader comes, and a window for each."""

    def __init__(self, path: str, undo: ExitStack) -> None:
        self.path, self.undo = path, undo
        self.browser: Browser | None = None
        self.readers: list[Reader] = []

    def __call__(self, address: str, *, width: int = 1280, height: int = 800, language: str = "en-US") -> Reader:
        if self.browser is None:
            chromium = self.undo.enter_context(sync_playwright()).chromium
            self.browser = chromium.launch(executable_path=self.path, args=list(SWITCHES))
            self.undo.callback(self.browser.close)
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, locale=language, timezone_id=ZONE, accept_downloads=True
        )
        self.readers.append(Reader(context, address))
        return self.readers[-1]


@pytest.fixture
def browse() -> Iterator[Browse]:
    """Ask for it after whatever lays the table; the browser itself starts when it is called."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("Chromium is not installed here; on Debian: apt-get install chromium")
    with ExitStack() as undo:
        window = Window(path, undo)
        yield window
    for reader in window.readers:
        reader.check_complaints()


def aside(work: Callable[[], T]) -> T:
    """Does something with the database while a browser is open."""

    def working() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(working).result()


__all__ = ["Browse", "Reader", "aside", "browse", "expect"]
