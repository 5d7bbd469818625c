"""POST /api/v1/tenants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.tests.api.platform import OTHERS, URL, root
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Domain, Organization

__all__ = ["root"]
Clients = Callable[[User | None], APIClient]


def made(**found: Any) -> Organization:
    with public_context():
        return Organization.objects.get(**found)


def test_it_works(root: APIClient) -> None:
    body = {
        "name": "Globex",
        "domain": "hub.globex.example",
        "theme_primary_color": "#123456",
        "plan": "gold",
        "settings": {"timezone": "America/Sao_Paulo"},
        "administrator_email": "first@globex.example",
    }
    answer = root.post(URL, body)
    assert answer.status_code == 201, answer.data
    shown = answer.json()
    assert {name: shown[name] for name in ("name", "slug", "domain", "plan", "is_active", "theme_primary_color")} == {
        "name": "Globex",
        "slug": "globex",
        "domain": "hub.globex.example",
        "plan": "gold",
        "is_active": True,
        "theme_primary_color": "#123456",
    }
    assert shown["domains"] == ["globex.localhost", "hub.globex.example"]
    assert shown["settings"]["timezone"] == "America/Sao_Paulo"
    with tenant_context(made(slug="globex")):
        user = User.objects.get()
        assert (user.email, user.role.slug, user.has_usable_password()) == ("first@globex.example", "org_admin", False)
        assert Event.objects.filter(name="organization.created", actor_label="platform").exists()
    with tenant_context("platform"):
        event = Event.objects.get(name="organization.created")
        assert (event.actor_label, event.subject_id) == ("root@platform.example", shown["id"])


def test_a_name_is_enough(root: APIClient) -> None:
    assert [root.post(URL, {"name": "Initech"}).json()["slug"] for _ in range(2)] == ["initech", "initech-1"]
    with tenant_context(made(slug="initech")):
        assert not User.objects.exists()


@pytest.mark.parametrize("slug", ["acme", "www", "platform"])
def test_a_slug_that_is_taken_or_nobodys(root: APIClient, slug: str) -> None:
    """From a name comes the next that is free; a slug that somebody asked for is theirs, or none is made."""
    answer = root.post(URL, {"name": "Late", "slug": slug})
    assert (answer.status_code, answer.json()["error_code"]) == (409, "slug_taken")
    with public_context():
        assert not Organization.objects.filter(name="Late").exists()


def test_the_same_key_makes_one(root: APIClient) -> None:
    key = {"Idempotency-Key": "one"}
    first, second = (root.post(URL, {"name": "Hooli"}, headers=key) for _ in range(2))
    assert (first.status_code, second.json()["id"]) == (201, first.json()["id"])


def test_a_host_in_use(root: APIClient, organization: Organization) -> None:
    with public_context():
        Domain.objects.create(domain="hub.acme.example", tenant=organization, is_primary=False)
    for field in ({"domain": "HUB.acme.example."}, {"domains": ["new.example", "hub.acme.example"]}):
        answer = root.post(URL, {"name": "Late"} | field)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "domain_taken")
    with public_context():
        assert not Organization.objects.filter(name="Late").exists()
        assert not Domain.objects.filter(domain="new.example").exists()


@pytest.mark.parametrize("host", ["localhost", "other.localhost", "10.0.0.1", "a b.example", "x.example:80", "plain"])
def test_no_host_of_an_organization(root: APIClient, host: str) -> None:
    answer = root.post(URL, {"name": "Late", "domain": host})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_host")


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "Two\nlines"},
        {"slug": "no spaces"},
        {"slug": ""},
        {"slug": "Upper"},
        {"slug": "under_score"},
        {"slug": "-dash"},
        {"theme_primary_color": "red"},
        {"logo_url": "javascript:alert(1)"},
        {"settings": {"booking_interval": 4}},
        {"settings": {"working_hours_start": "19:00"}},
        {"administrator_email": "nobody"},
        {"domains": "hub.example"},
        {"schema_name": "public"},
    ],
)
def test_wrong_shape(root: APIClient, body: dict[str, Any]) -> None:
    assert root.post(URL, {"name": "Late"} | body).status_code == 422
    with public_context():
        assert not Organization.objects.filter(name="Late").exists()


@pytest.mark.parametrize("who", OTHERS)
def test_others_make_none(client_of: Clients, request: pytest.FixtureRequest, who: str) -> None:
    assert client_of(request.getfixturevalue(who)).post(URL, {"name": "Mine"}).status_code == 403
    with public_context():
        assert not Organization.objects.filter(name="Mine").exists()


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).post(URL, {"name": "Mine"}).status_code == 401
