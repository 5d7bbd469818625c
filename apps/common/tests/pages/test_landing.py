"""The front door links everything that runs here."""

from __future__ import annotations

import re

from rest_framework.test import APIClient


def test_it_works(api: APIClient) -> None:
    page = api.get("/")
    assert page.status_code == 200
    links = set(re.findall(r'href="(/[^"]*)"', page.content.decode()))
    assert {"/api/v1/docs", "/api/v1/redoc", "/api/v1/openapi.json", "/admin/", "/robots/docs"} <= links
    for link in links - {"/admin/", "/portal/"}:
        assert api.get(link).status_code == 200, link


def test_it_speaks_the_browsers_language(api: APIClient) -> None:
    page = api.get("/", HTTP_ACCEPT_LANGUAGE="pt-BR").content.decode()
    assert 'lang="pt-br"' in page
    assert "Robôs e execuções" in page


def test_its_state_leads_to_a_page_for_people(api: APIClient) -> None:
    page = api.get("/").content.decode()
    assert 'href="/status"' in page
    assert 'data-health="/health/services"' in page
    assert 'href="/health/services"' not in page


def test_the_icon_is_where_programs_look_for_it(api: APIClient) -> None:
    icon = api.get("/favicon.ico")
    assert (icon.status_code, icon["Content-Type"]) == (200, "image/x-icon")
    assert icon.content.startswith(b"\x00\x00\x01\x00")


def test_an_unknown_host_has_none(api: APIClient) -> None:
    answer = api.get("/", HTTP_HOST="nobody.example")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "unknown_host")
