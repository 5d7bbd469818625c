"""Every request finds its organization, or is refused in the shape its sender reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from apps.accounts.models import User
from apps.tenants.context import current_schema, public_context
from apps.tenants.middleware import OrganizationMiddleware
from apps.tenants.models import Domain, Organization
from apps.tenants.selectors import hosts_forget
from conftest import bearer

Ask = Callable[..., Any]


def view(request: HttpRequest) -> HttpResponse:
    """Says where it runs."""
    urlconf = getattr(request, "urlconf", settings.ROOT_URLCONF)
    return JsonResponse({"schema": current_schema(), "urlconf": urlconf})


@pytest.fixture
def ask(organization: Organization) -> Ask:
    middleware = OrganizationMiddleware(view)

    def call(host: str, path: str = "/api/v1/x", **headers: str) -> Any:
        with public_context():
            response = middleware(RequestFactory().get(path, headers={"host": host} | headers))
            assert current_schema() == "public"
        return response

    return call


def where(response: Any) -> str:
    import json  # noqa: PLC0415  # only here

    return str(json.loads(response.content)["schema"])


@pytest.mark.parametrize(
    "host", ["acme.localhost", "ACME.localhost", "acme.localhost:8000", "acme.localhost.", "acme.localhost.:8000"]
)
def test_it_works(ask: Ask, organization: Organization, host: str) -> None:
    assert where(ask(host)) == organization.schema_name


def test_own_domains(ask: Ask, organization: Organization, other_organization: Organization) -> None:
    with public_context():
        Domain.objects.create(domain="hub.rival.example", tenant=other_organization, is_primary=False)
        Domain.objects.create(domain="xn--bcher-kva.example", tenant=organization, is_primary=False)
    hosts_forget()
    assert where(ask("hub.rival.example")) == other_organization.schema_name
    assert where(ask("xn--bcher-kva.example")) == organization.schema_name


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]", "[::1]:8000"])
def test_the_shared_host_is_the_platforms(ask: Ask, host: str) -> None:
    response = ask(host)
    assert where(response) == "platform"
    assert settings.PLATFORM_URLCONF in response.content.decode()


def test_on_the_shared_host_credentials_choose(ask: Ask, owner: User, organization: Organization) -> None:
    token = f"Bearer {bearer(owner, organization)}"
    assert where(ask("localhost", authorization=token)) == organization.schema_name
    assert where(ask("localhost", authorization="Bearer nonsense")) == "platform"


def test_pages_of_the_shared_host_are_the_platforms_whoever_asks(
    ask: Ask, owner: User, organization: Organization
) -> None:
    token = f"Bearer {bearer(owner, organization)}"
    assert where(ask("localhost", "/admin/", authorization=token)) == "platform"


def test_an_organizations_host_has_its_own_routes(ask: Ask) -> None:
    assert settings.ROOT_URLCONF in ask("acme.localhost").content.decode()


@pytest.mark.parametrize("host", ["nobody.localhost", "acme.localhost.evil.example", "10.0.0.1", "[::2]"])
def test_an_unknown_host_is_404(ask: Ask, host: str) -> None:
    response = ask(host)
    assert response.status_code == 404
    assert b'"unknown_host"' in response.content


@pytest.mark.parametrize("host", ["a b", "a/b", "acme.localhost:x", "a_b.localhost", "<script>", "é.example"])
def test_a_malformed_host_is_400(ask: Ask, host: str) -> None:
    response = ask(host)
    assert response.status_code in {400, 404}
    assert b"script" not in response.content


def test_people_get_a_page(ask: Ask) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "pt-BR"}
    response = ask("nobody.localhost", "/", **browser)
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
    assert b'lang="pt-br"' in response.content
    assert ask("nobody.localhost", "/api/v1/x", **browser)["Content-Type"] == "application/json"
    assert ask("nobody.localhost", "/")["Content-Type"] == "application/json"


def test_a_suspended_organization_is_403(ask: Ask, organization: Organization) -> None:
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(is_active=False, updated_at=timezone.now())
    hosts_forget()
    response = ask("acme.localhost")
    assert response.status_code == 403
    assert b'"organization_inactive"' in response.content


@pytest.mark.parametrize("path", ["/health", "/health/services", "/ready", "/metrics", "/static/x.css"])
def test_probes_need_no_organization(ask: Ask, path: str) -> None:
    assert where(ask("10.0.0.1", path)) == "public"
    assert ask("10.0.0.1", f"{path.replace('/', '/x', 1)}").status_code == 404


def test_the_context_ends_with_the_request(organization: Organization) -> None:
    def fail(_request: HttpRequest) -> HttpResponse:
        assert current_schema() == organization.schema_name
        raise ZeroDivisionError

    with public_context():
        with pytest.raises(ZeroDivisionError):
            OrganizationMiddleware(fail)(RequestFactory().get("/", headers={"host": "acme.localhost"}))
        assert current_schema() == "public"


def test_through_the_whole_stack(organization: Organization) -> None:
    with public_context():
        assert Client(SERVER_NAME="nobody.localhost").get("/").status_code == 404
        assert Client(SERVER_NAME="acme.localhost").get("/").status_code == 200
        assert Client(HTTP_HOST="a b").get("/").status_code == 400
        assert current_schema() == "public"
