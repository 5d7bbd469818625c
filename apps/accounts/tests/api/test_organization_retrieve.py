"""GET /api/v1/tenants/current."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.tests.api.test_organization_settings_retrieve import DEFAULTS
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Domain, Organization
from conftest import bearer, make_user

Clients = Callable[[User | None], APIClient]
URL = "/api/v1/tenants/current"


def test_it_works(client_of: Clients, owner: User, organization: Organization) -> None:
    with public_context():
        Domain.objects.create(domain="hub.acme.example", tenant=organization, is_primary=False)
    answer = client_of(owner).get(URL)
    assert answer.status_code == 200, answer.data
    body = answer.json()
    assert datetime.fromisoformat(body.pop("created_at")) == organization.created_at
    assert body == {
        "id": str(organization.pk),
        "name": "Acme",
        "slug": "acme",
        "domain": "acme.localhost",
        "domains": ["acme.localhost", "hub.acme.example"],
        "logo_url": None,
        "theme_primary_color": None,
        "plan": "standard",
        "is_active": True,
        "settings": DEFAULTS,
    }


def test_everybody_of_the_organization_sees_it(client_of: Clients, stranger: User) -> None:
    assert client_of(stranger).get(URL).json()["slug"] == "acme"


def test_a_foreigner_sees_the_own_one(client_of: Clients, foreigner: User) -> None:
    assert client_of(foreigner).get(URL).json()["slug"] == "rival"


def test_on_the_organizations_own_host(owner: User, organization: Organization, api: APIClient) -> None:
    api.defaults["SERVER_NAME"] = "rival.localhost"
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer(owner, organization)}")
    assert api.get(URL).status_code == 401
    api.defaults["SERVER_NAME"] = "acme.localhost"
    assert api.get(URL).json()["slug"] == "acme"


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_the_platform_is_one_too(api: APIClient, organization: Organization) -> None:
    with tenant_context("platform"):
        root = make_user("root@platform.example", "super_admin")
    with public_context():
        platform = Organization.objects.get(schema_name="platform")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer(root, platform)}")
    body = api.get(URL).json()
    assert (body["slug"], body["domain"], body["domains"]) == ("platform", None, [])


def test_a_known_state_is_304(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    tag = client.get(URL)["ETag"]
    assert client.get(URL, headers={"If-None-Match": tag}).status_code == 304
    client.put(f"{URL}/settings", {"booking_interval": 60})
    assert client.get(URL, headers={"If-None-Match": tag}).status_code == 200


def test_strange_parameters(client_of: Clients, owner: User) -> None:
    assert client_of(owner).get(URL, {"slug": "rival"}).status_code == 422


@pytest.mark.parametrize(("url", "queries"), [(URL, 3), (f"{URL}/settings", 2)])
def test_queries(client_of: Clients, viewer: User, url: str, queries: int, django_assert_num_queries: Any) -> None:
    """The actor; the organization with its settings, and its hosts, or the settings alone."""
    client = client_of(viewer)
    with django_assert_num_queries(queries):
        client.get(url)
