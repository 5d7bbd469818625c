"""All that is asked of an issuer in one go shares one deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.models import OidcSettings, User
from apps.accounts.oidc import discovery
from apps.accounts.tests.pages.test_oidc import there_and_back
from apps.common import outgoing
from apps.common.outgoing import LONGEST_SECONDS, json_of
from tests.issuer import AUDIENCE, TOKEN, Issuer

API, PAGE = "/api/v1/tenants/current/oidc", "/admin/accounts/oidcsettings/"
TAKES = 5.0


@pytest.fixture
def given(issuer: Issuer) -> dict[str, str]:
    return {"issuer": issuer.url, "audience": AUDIENCE}


@pytest.fixture
def allowed(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that each exchange was given, by a clock on which every one of them takes five."""
    now, seen = [1000.0], []
    monkeypatch.setattr(discovery, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def ask(address: str, *, seconds: float, **more: Any) -> dict[str, Any]:
        seen.append(seconds)
        now[0] += TAKES
        return json_of(address, seconds=10, **more)

    monkeypatch.setattr(discovery, "json_of", ask)
    return seen


def test_saving_has_one_for_both_exchanges(
    allowed: list[float], given: dict[str, str], client_of: Callable[[User | None], APIClient], owner: User
) -> None:
    assert client_of(owner).put(API, given).status_code == 200
    assert allowed == [LONGEST_SECONDS, LONGEST_SECONDS - TAKES]


def test_the_page_that_checks_has_one_for_both_exchanges(
    allowed: list[float], given: dict[str, str], issuer: Issuer, owner: User
) -> None:
    browser = Client(SERVER_NAME="acme.localhost")
    browser.force_login(owner)
    filled = given | {"mapping-TOTAL_FORMS": "0", "mapping-INITIAL_FORMS": "0", "_check": "1"}
    assert f"{issuer.url}/authorize" in browser.post(PAGE, filled).content.decode()
    assert allowed == [LONGEST_SECONDS, LONGEST_SECONDS - TAKES]


def test_coming_back_from_an_issuer_that_drips_has_one(
    issuer: Issuer, trusted: Callable[..., OidcSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes soon after the last one; all of them would take half a minute."""
    trusted()
    over = threading.Event()
    monkeypatch.setitem(outgoing.outgoing_client.__kwdefaults__ or {}, "seconds", 0.5)
    browser = Client(SERVER_NAME="acme.localhost")
    back = there_and_back(browser)
    issuer.broken[TOKEN] = (200, {}, b" " * 300)
    issuer.between = lambda: over.wait(0.1)
    began = time.monotonic()
    try:
        assert browser.get(back).status_code == 503
        assert time.monotonic() - began < 15
    finally:
        over.set()
    assert not User.objects.exists()
