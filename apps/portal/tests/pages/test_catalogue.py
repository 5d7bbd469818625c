"""Domains and their services, as pages."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.common.icons import ICONS
from apps.portal.models import Domain, Service
from apps.portal.services.domains import domain_create, domain_update
from apps.portal.services.services import service_update
from apps.portal.tests.conftest import ActorOf, Browser, MakeService, grant
from apps.robots.models import RobotVersion


def test_it_works(teammate: User, browser: Browser, service: Service) -> None:
    client = browser(teammate)
    home = client.get("/portal/").content.decode()
    assert 'href="/portal/dp-rh/"' in home
    assert f'href="/portal/services/{service.pk}/"' in home
    page = client.get("/portal/dp-rh/").content.decode()
    assert "Fechamento" in page
    assert "Never run" in page


def test_search_looks_into_services_and_domains(teammate: User, browser: Browser, make_service: MakeService) -> None:
    make_service(title="Holerites", description="Envia os holerites do mês")
    make_service(title="Férias")
    client = browser(teammate)
    found = client.get("/portal/", {"q": "envia"}).content.decode()
    assert "Holerites" in found
    assert "Férias" not in found
    assert "Férias" in client.get("/portal/", {"q": "pessoal"}).content.decode()
    assert "Férias" not in client.get("/portal/dp-rh/", {"q": "holer"}).content.decode()


def test_pages_lead_to_those_beside_them_and_keep_what_was_searched_for(
    teammate: User, browser: Browser, make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.portal.pages.catalogue.SERVICES_ON_A_PAGE", 1)
    for title in ("Férias & folgas 1", "Férias & folgas 2", "Férias & folgas 3", "Holerites"):
        make_service(title=title)
    page = browser(teammate).get("/portal/dp-rh/", {"q": "s & f", "page": "2"}).content.decode()
    assert "Page 2 of 3" in page
    ways = dict(re.findall(r'rel="(prev|next)"\s+href="([^"]+)"', page))
    assert ways == {"prev": "?q=s+%26+f&amp;page=1", "next": "?q=s+%26+f&amp;page=3"}


@pytest.mark.parametrize("words", ["\x00", "%", "'; --", "a" * 5000, "\ud800", "<script>"])
def test_any_words_may_be_searched_for(teammate: User, browser: Browser, service: Service, words: str) -> None:
    for address in ("/portal/", "/portal/dp-rh/"):
        page = browser(teammate).get(address, {"q": words.encode("utf-8", "surrogatepass")})
        assert page.status_code == 200
        assert "<script>" not in page.content.decode().replace("<script ", "")


def test_nothing_found_says_what_to_do(teammate: User, browser: Browser, service: Service) -> None:
    page = browser(teammate).get("/portal/", {"q": "nowhere"}).content.decode()
    assert "No service fits “nowhere”" in page
    assert "Show all services" in page


def test_an_empty_catalogue_says_what_to_do(owner: User, teammate: User, browser: Browser) -> None:
    assert "/admin/portal/domain/add/" in browser(owner).get("/portal/").content.decode()
    page = browser(teammate).get("/portal/").content.decode()
    assert "/admin/portal/domain/add/" not in page
    assert "An administrator of your organization can offer services" in page


def test_an_empty_domain_says_what_to_do(owner: User, teammate: User, browser: Browser, domain: Domain) -> None:
    assert "/admin/portal/service/add/" in browser(owner).get("/portal/dp-rh/").content.decode()
    assert "/admin/portal/service/add/" not in browser(teammate).get("/portal/dp-rh/").content.decode()


def test_disabled_services_are_for_who_may_enable_them(
    owner: User, teammate: User, browser: Browser, service: Service, actor: ActorOf
) -> None:
    service_update(actor=actor(owner), service=service, changes={"enabled": False}, now=timezone.now())
    assert "disabled" in browser(owner).get("/portal/dp-rh/").content.decode()
    assert "Fechamento" not in browser(teammate).get("/portal/dp-rh/").content.decode()
    assert "Fechamento" not in browser(teammate).get("/portal/").content.decode()


def test_what_is_not_granted_is_not_there(
    owner: User, teammate: User, browser: Browser, service: Service, actor: ActorOf
) -> None:
    other = domain_create(actor=actor(owner), name="Other", slug="other", now=timezone.now())
    grant(teammate, "service.read", service)
    client = browser(teammate)
    assert "/portal/other/" not in client.get("/portal/").content.decode()
    assert client.get(f"/portal/{other.slug}/").status_code == 404


def test_who_may_see_nothing_is_told_so(stranger: User, browser: Browser, service: Service) -> None:
    page = browser(stranger).get("/portal/")
    assert page.status_code == 403
    assert "Ask an administrator" in page.content.decode()


@pytest.mark.parametrize("address", ["/portal/nowhere/", "/portal/a/b/c", "/portal/services/1/", "/portal/runs/x/"])
def test_elsewhere_is_a_page_of_the_same_looks(teammate: User, browser: Browser, address: str) -> None:
    page = browser(teammate).get(address)
    assert page.status_code == 404
    assert "It may have been removed" in page.content.decode()
    assert "Acme" in page.content.decode()


def test_the_questions_to_the_database_do_not_grow(
    teammate: User, browser: Browser, make_service: MakeService, version: RobotVersion
) -> None:
    client = browser(teammate)
    counts = []
    for round_ in range(2):
        for number in range(3):
            make_service(title=f"Service {round_} {number}")
        for address in ("/portal/", "/portal/dp-rh/"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_long_domains_come_in_parts(teammate: User, browser: Browser, make_service: MakeService) -> None:
    for number in range(31):
        make_service(title=f"Service {number:02}")
    client = browser(teammate)
    assert "Service 30" not in client.get("/portal/dp-rh/").content.decode()
    assert "Service 30" in client.get("/portal/dp-rh/", {"page": "2"}).content.decode()
    assert "26 more" in client.get("/portal/").content.decode()
    assert client.get("/portal/dp-rh/", {"page": "x"}).status_code == 200


def test_pages_keep_to_themselves(teammate: User, browser: Browser, service: Service) -> None:
    page = browser(teammate).get("/portal/")
    policy = page["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert page["Cache-Control"] == "no-store"
    text = page.content.decode()
    assert " style=" not in text
    assert "<style" not in text
    assert " onclick" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_icons_are_drawn_by_name_and_others_are_a_folder(
    owner: User, teammate: User, browser: Browser, service: Service, actor: ActorOf
) -> None:
    client = browser(teammate)
    for given, drawn in (("globe", "globe"), ("fa-rocket", "folder"), ("<svg>", "folder")):
        domain_update(actor=actor(owner), domain=service.domain, changes={"icon": given}, now=timezone.now())
        assert ICONS[drawn] in client.get("/portal/").content.decode()
    assert "Names that the portal draws" in browser(owner).get("/admin/portal/domain/add/").content.decode()
