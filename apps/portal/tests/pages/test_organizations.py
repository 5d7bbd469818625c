"""The portal on the host that all organizations share."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.tenants.models import Organization


def test_it_works(organization: Organization) -> None:
    client = Client(headers={"Host": "localhost:8000"})
    page = client.get("/portal/")
    assert page.status_code == 200
    assert "Which organization?" in page.content.decode()
    assert "form-action 'self' http://*.localhost:8000;" in page["Content-Security-Policy"]
    answer = client.get("/portal/", {"organization": " ACME "})
    assert (answer.status_code, answer["Location"]) == (302, f"http://{organization.slug}.localhost:8000/portal/")


def test_it_leads_to_the_page_that_was_meant(organization: Organization) -> None:
    answer = Client(SERVER_NAME="localhost").get("/portal/runs/x/", {"organization": organization.slug})
    assert answer["Location"] == f"http://{organization.slug}.localhost/portal/runs/x/"


@pytest.mark.parametrize("name", ["nobody", "platform", "<b>", "evil.example/", "a\x00b"])
def test_one_that_is_not_there(organization: Organization, name: str) -> None:
    page = Client(SERVER_NAME="localhost").get("/portal/", {"organization": name})
    assert page.status_code == 404
    assert "There is no organization of this name." in page.content.decode()
    assert "<b>" not in page.content.decode()


def test_without_a_slash(organization: Organization) -> None:
    for host in ("localhost", f"{organization.slug}.localhost"):
        client = Client(SERVER_NAME=host)
        bare, front = client.get("/portal"), client.get("/portal/")
        assert (bare.status_code, bare.headers.get("Location")) == (front.status_code, front.headers.get("Location"))
