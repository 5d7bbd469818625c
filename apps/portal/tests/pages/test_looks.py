"""Language, zone, and the organization's own logo and colour."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.organizations import organization_settings_update
from apps.portal.models import Service
from apps.portal.tests.conftest import ActorOf, Browser
from apps.tenants.branding import branding_of
from apps.tenants.models import Organization


def test_the_account_goes_before_the_browser(teammate: User, browser: Browser) -> None:
    client, english = browser(teammate), {"Accept-Language": "en"}
    assert '<html lang="en"' in client.get("/portal/", headers=english).content.decode()
    User.objects.update(locale="pt-BR")
    assert '<html lang="pt-br"' in client.get("/portal/", headers=english).content.decode()


def test_the_browser_is_asked_where_the_account_is_silent(teammate: User, browser: Browser) -> None:
    page = browser(teammate).get("/portal/", headers={"Accept-Language": "pt-BR,pt;q=0.9"}).content.decode()
    assert '<html lang="pt-br"' in page
    assert "Serviços" in page


@pytest.mark.parametrize("locale", ["xx", "pt", "en-GB", "\x00", "../"])
def test_any_locale_of_an_account_will_do(teammate: User, browser: Browser, locale: str) -> None:
    User.objects.update(locale=locale.replace("\x00", "?"))
    assert browser(teammate).get("/portal/").status_code == 200


def test_what_was_chosen_here_is_remembered(teammate: User, browser: Browser) -> None:
    User.objects.update(locale="en")
    client = browser(teammate)
    answer = client.post("/language", {"language": "pt-br", "next": "/portal/"})
    assert (answer.status_code, answer["Location"]) == (302, "/portal/")
    assert User.objects.get().locale == "pt-br"
    assert '<html lang="pt-br"' in client.get("/portal/").content.decode()


def test_who_is_not_signed_in_is_remembered_by_the_browser(organization: Organization) -> None:
    client = Client(SERVER_NAME=f"{organization.slug}.localhost")
    client.post("/language", {"language": "pt-br", "next": "/"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME]["max-age"] > 24 * 3600
    page = client.get("/portal/session/sign-in/", headers={"Accept-Language": "en"})
    assert '<html lang="pt-br"' in page.content.decode()


@pytest.mark.parametrize("language", ["xx", "", "pt-br\x00", "de"])
def test_what_we_do_not_speak_changes_nothing(teammate: User, browser: Browser, language: str) -> None:
    client = browser(teammate)
    assert client.post("/language", {"language": language}).status_code == 302
    assert client.get("/language").status_code == 405
    assert User.objects.get().locale == ""


def test_choosing_a_language_leads_nowhere_else(organization: Organization) -> None:
    client = Client(SERVER_NAME=f"{organization.slug}.localhost")
    assert client.post("/language", {"language": "en", "next": "https://evil.example/"})["Location"] == "/"


def test_times_are_in_the_zone_of_the_account(teammate: User, browser: Browser) -> None:
    User.objects.update(timezone="America/Sao_Paulo")
    assert 'data-zone="America/Sao_Paulo"' in browser(teammate).get("/portal/").content.decode()
    User.objects.update(timezone="Nowhere/Land")
    assert "data-zone" not in browser(teammate).get("/portal/").content.decode()


def test_times_of_forms_are_in_the_zone_of_the_organization(
    owner: User, browser: Browser, service: Service, actor: ActorOf
) -> None:
    changes = {"timezone": "America/Sao_Paulo"}
    organization_settings_update(actor=actor(owner), changes=changes, now=timezone.now())
    page = browser(owner).get(f"/portal/services/{service.pk}/").content.decode()
    assert 'data-zone="America/Sao_Paulo"' in page


def wearing(**looks: Any) -> Any:
    return branding_of(Organization(name="Acme", slug="acme", **looks))


def test_an_organization_without_looks_of_its_own() -> None:
    brand = wearing()
    assert (brand.name, brand.logo_url, brand.accent) == ("Acme", "", "")


@pytest.mark.parametrize(("color", "accent"), [("#7a2048", "7a2048"), ("#ABC", "aabbcc"), ("red", ""), (None, "")])
def test_its_color(color: str | None, accent: str) -> None:
    assert wearing(theme_primary_color=color).accent == accent


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://cdn.example/logo.png", "https://cdn.example/logo.png"),
        ("/static/logo.png", "/static/logo.png"),
        ("http://cdn.example/logo.png", ""),
        ("javascript:alert(1)", ""),
        ("data:image/svg+xml,<svg/>", ""),
        ("//cdn.example/logo.png", ""),
        ("https://[", ""),
        (None, ""),
    ],
)
def test_its_logo(given: str | None, shown: str) -> None:
    assert wearing(logo_url=given).logo_url == shown
