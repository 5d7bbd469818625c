"""PUT /api/v1/tenants/current."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import organization_current

Clients = Callable[[User | None], APIClient]
URL = "/api/v1/tenants/current"


def test_it_works(client_of: Clients, owner: User, organization: Organization) -> None:
    body = {"name": "Acme S.A.", "logo_url": "https://cdn.acme.example/logo.svg", "theme_primary_color": "#1a2B3c"}
    answer = client_of(owner).put(URL, body)
    assert answer.status_code == 200, answer.data
    assert {name: answer.json()[name] for name in body} == body
    assert answer.json()["domains"] == ["acme.localhost"]
    stored = organization_current()
    assert (stored.name, stored.slug, stored.logo_url, stored.theme_primary_color) == (
        "Acme S.A.",
        "acme",
        "https://cdn.acme.example/logo.svg",
        "#1a2B3c",
    )
    assert stored.updated_at > organization.updated_at
    event = Event.objects.get(name="organization.updated")
    assert event.data == {"changed": ["logo_url", "name", "theme_primary_color"]}
    assert (event.actor_id, event.subject_id) == (str(owner.pk), str(organization.pk))


def test_what_is_left_out_stays(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    client.put(URL, {"theme_primary_color": "#abc", "logo_url": "/static/acme.png"})
    body = client.put(URL, {"theme_primary_color": "#fff"}).json()
    assert (body["name"], body["logo_url"], body["theme_primary_color"]) == ("Acme", "/static/acme.png", "#fff")
    body = client.put(URL, {"logo_url": None, "theme_primary_color": None}).json()
    assert (body["logo_url"], body["theme_primary_color"]) == (None, None)


def test_changing_nothing_records_nothing(client_of: Clients, owner: User) -> None:
    for body in ({}, {"name": "Acme"}, {"logo_url": None}):
        assert client_of(owner).put(URL, body).status_code == 200
    assert not Event.objects.filter(name="organization.updated").exists()


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": " "},
        {"name": None},
        {"name": "x" * 201},
        {"name": "Two\nlines"},
        {"name": "Bell\x07"},
        {"name": 5},
        {"theme_primary_color": "red"},
        {"theme_primary_color": ""},
        {"theme_primary_color": "#12"},
        {"theme_primary_color": "#1234"},
        {"theme_primary_color": "#12345g"},
        {"theme_primary_color": "#1234567"},
        {"theme_primary_color": "123456"},
        {"theme_primary_color": "#١٢٣"},
        {"logo_url": ""},
        {"logo_url": "http://acme.example/logo.png"},
        {"logo_url": "javascript:alert(1)"},
        {"logo_url": "data:image/svg+xml,<svg onload=alert(1)>"},
        {"logo_url": "//evil.example/logo.png"},
        {"logo_url": "/\\evil.example/logo.png"},
        {"logo_url": "///evil.example/logo.png"},
        {"logo_url": "/\tlogo.png"},
        {"logo_url": "/a\u2028b.png"},
        {"logo_url": "logo.png"},
        {"logo_url": "https://"},
        {"logo_url": "https:///logo.png"},
        {"logo_url": "https://me:secret@acme.example/logo.png"},
        {"logo_url": "https://acme.example@evil.example/logo.png"},
        {"logo_url": "https://acme.example/lo go.png"},
        {"logo_url": "https://acme.example/" + "x" * 500},
        {"slug": "other"},
        {"plan": "gold"},
        {"is_active": False},
        {"domain": "hub.acme.example"},
        {"settings": {}},
        {"schema_name": "public"},
    ],
)
def test_wrong_shape(client_of: Clients, owner: User, body: dict[str, Any]) -> None:
    answer = client_of(owner).put(URL, {"name": "Other"} | body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, list(body))
    assert organization_current().name == "Acme"
    assert not Event.objects.filter(name="organization.updated").exists()


@pytest.mark.parametrize("who", ["viewer", "teammate", "maintainer", "stranger"])
def test_without_the_right(client_of: Clients, request: pytest.FixtureRequest, who: str) -> None:
    assert client_of(request.getfixturevalue(who)).put(URL, {"name": "Mine"}).status_code == 403
    assert organization_current().name == "Acme"


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).put(URL, {"name": "Mine"}).status_code == 401


def test_a_foreigner_changes_the_own_one(client_of: Clients, foreigner: User, other_organization: Organization) -> None:
    assert client_of(foreigner).put(URL, {"name": "Rivals"}).status_code == 200
    assert organization_current().name == "Acme"
    with tenant_context(other_organization):
        assert organization_current().name == "Rivals"
        assert Event.objects.filter(name="organization.updated").count() == 1
    assert not Event.objects.filter(name="organization.updated").exists()


def test_stale_entity_tag(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    tag = client.get(URL)["ETag"]
    assert client.put(URL, {"name": "First"}, headers={"If-Match": tag}).status_code == 200
    answer = client.put(URL, {"name": "Second"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["error_code"]) == (412, "precondition_failed")
    assert organization_current().name == "First"


def test_a_deployment_makes_no_tag_stale(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    tag = client.get(URL)["ETag"]
    with tenant_context("platform"):
        Organization.objects.update(schema_version="newer", migration_state="failed", migration_error="x")
    assert client.put(URL, {"name": "First"}, headers={"If-Match": tag}).status_code == 200
