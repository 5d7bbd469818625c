"""GET /api/v1/tenants."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.tests.api.platform import OTHERS, URL, root
from apps.tenants.context import public_context
from apps.tenants.models import Domain, Organization

__all__ = ["root"]
Clients = Callable[[User | None], APIClient]


def slugs(client: APIClient, query: str = "") -> list[str]:
    answer = client.get(f"{URL}{query}")
    assert answer.status_code == 200, answer.data
    return [found["slug"] for found in answer.json()["tenants"]]


def test_it_works(root: APIClient, organization: Organization, other_organization: Organization) -> None:
    body = root.get(f"{URL}?search=acme").json()
    assert body["pagination"] == {"page": 1, "limit": 10, "total": 1, "pages": 1}
    assert (body["tenants"][0]["id"], body["tenants"][0]["domain"]) == (str(organization.pk), "acme.localhost")
    assert set(body["tenants"][0]) == {
        "id", "name", "slug", "domain", "domains", "logo_url", "theme_primary_color", "plan", "is_active", "settings",
        "created_at",
    }  # fmt: skip
    assert {organization.slug, other_organization.slug} <= set(slugs(root, "?limit=100"))
    assert "platform" not in slugs(root, "?limit=100")


def test_filters(root: APIClient, organization: Organization, other_organization: Organization) -> None:
    with public_context():
        Domain.objects.create(domain="hub.found.example", tenant=other_organization, is_primary=False)
    assert slugs(root, "?search=FOUND.ex") == [other_organization.slug]
    assert slugs(root, "?search=%25") == []
    assert slugs(root, "?is_active=false&search=acme") == []
    assert slugs(root, "?plan=gold") == []
    both = slugs(root, "?ordering=-slug&limit=100")
    assert both == sorted(both, reverse=True)


@pytest.mark.parametrize("query", ["?ordering=schema_name", "?is_active=maybe", "?limit=101", "?color=red"])
def test_unknown_filter_values_are_422(root: APIClient, query: str) -> None:
    assert root.get(f"{URL}{query}").status_code == 422


@pytest.mark.parametrize("who", OTHERS)
def test_organizations_do_not_see_each_other(client_of: Clients, request: pytest.FixtureRequest, who: str) -> None:
    answer = client_of(request.getfixturevalue(who)).get(URL)
    assert (answer.status_code, answer.json()["error_code"]) == (403, "permission_denied")


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_not_on_the_host_of_an_organization(root: APIClient, organization: Organization) -> None:
    assert root.get(URL, SERVER_NAME="acme.localhost").status_code == 401
