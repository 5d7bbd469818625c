"""Organizations and hosts in the platform's back-office."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.authentication.pages import SESSION_KEY
from apps.accounts.backends import PATH
from apps.accounts.models import Session, User
from apps.common.ids import uuid7
from apps.dispatch.models import Tally, Ticket
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Domain, Organization, OrganizationSettings, SchemaTemplate
from apps.tenants.services.provisioning import spares_replenish
from conftest import make_user

PAGES = "/admin/tenants"


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user, backend=PATH)
    now = timezone.now()
    ours = Session.objects.create(user=user, last_used_at=now, expires_at=now + timedelta(days=1), device="tests")
    session = client.session
    session[SESSION_KEY] = str(ours.pk)
    session.save()
    return client


@pytest.fixture
def platform_client(organization: Organization) -> Client:
    with tenant_context("platform"):
        return signed_in(Client(SERVER_NAME="localhost"), make_user("root@platform.example", "super_admin"))


def do(client: Client, model: str, action: str, row: Any) -> Any:
    return client.post(f"{PAGES}/{model}/", {"action": action, "_selected_action": [str(row.pk)]})


def test_it_works(platform_client: Client, organization: Organization, other_organization: Organization) -> None:
    spares_replenish(1)
    page = platform_client.get(f"{PAGES}/organization/?q=acme")
    assert page.status_code == 200
    assert "acme.localhost" in page.content.decode()
    with public_context():
        OrganizationSettings.objects.create(organization_id=organization.schema_name, timezone="America/Sao_Paulo")
    assert "America/Sao_Paulo" in platform_client.get(f"{PAGES}/organizationsettings/").content.decode()
    for model in ("organization", "domain", "directoryentry", "schematemplate", "spareschema"):
        assert platform_client.get(f"{PAGES}/{model}/").status_code == 200
    page = platform_client.get(f"{PAGES}/organization/{organization.pk}/change/")
    assert organization.schema_name in page.content.decode()
    assert "acme.localhost" in page.content.decode()


@pytest.mark.parametrize(("language", "name"), [("en", "Oficina platform"), ("pt-br", "Plataforma Oficina")])
def test_the_platform_is_called_so_in_each_language(platform_client: Client, language: str, name: str) -> None:
    page = platform_client.get("/admin/", headers={"Accept-Language": language})
    assert page.context["site_title"] == page.context["site_header"] == name


def test_suspend_and_activate(platform_client: Client, other_organization: Organization) -> None:
    for action, active in (("suspend", False), ("activate", True)):
        assert do(platform_client, "organization", action, other_organization).status_code == 302
        with public_context():
            assert Organization.objects.get(pk=other_organization.pk).is_active is active
    with tenant_context("platform"):
        names = [*Event.objects.order_by("id").values_list("name", flat=True)]
        assert names[-2:] == ["organization.suspended", "organization.activated"]


def test_a_host_is_added_and_removed(platform_client: Client, organization: Organization) -> None:
    filled = {"tenant": str(organization.pk), "domain": "Hub.Acme.example"}
    assert platform_client.post(f"{PAGES}/domain/add/", filled).status_code == 302
    with public_context():
        domain = Domain.objects.get(domain="hub.acme.example")
    assert domain.tenant_id == organization.pk
    assert platform_client.post(f"{PAGES}/domain/{domain.pk}/change/", filled).status_code == 403
    do(platform_client, "domain", "remove", domain)
    with public_context():
        assert not Domain.objects.filter(domain="hub.acme.example").exists()


def test_what_the_service_refuses_is_told(platform_client: Client, organization: Organization) -> None:
    filled = {"tenant": str(organization.pk), "domain": "other.localhost"}
    answer = platform_client.post(f"{PAGES}/domain/add/", filled, follow=True)
    assert "not a host name that an organization can have" in answer.content.decode()


def test_statements_of_templates_are_not_shown(platform_client: Client) -> None:
    with public_context():
        template = SchemaTemplate.objects.get()
    page = platform_client.get(f"{PAGES}/schematemplate/{template.pk}/change/")
    assert "CREATE TABLE" not in page.content.decode()


def test_nothing_is_deleted_or_made_by_hand(platform_client: Client, organization: Organization) -> None:
    for path in ("organization/add/", f"organization/{organization.pk}/delete/", "spareschema/add/"):
        assert platform_client.get(f"{PAGES}/{path}").status_code == 403


def test_settings_of_organizations_are_only_looked_at(platform_client: Client, organization: Organization) -> None:
    with public_context():
        row = OrganizationSettings.objects.create(organization_id=organization.schema_name)
    page = f"{PAGES}/organizationsettings/{row.pk}/change/"
    assert platform_client.get(page).status_code == 200
    assert platform_client.post(page, {"timezone": "Asia/Tokyo"}).status_code == 403
    assert platform_client.get(f"{PAGES}/organizationsettings/add/").status_code == 403


@pytest.mark.parametrize("model", ["organization", "organizationsettings", "domain", "directoryentry"])
def test_organizations_see_nothing_of_it(owner: User, model: str) -> None:
    answer = signed_in(Client(SERVER_NAME="localhost"), owner).get(f"{PAGES}/{model}/")
    assert answer.status_code in {302, 403, 404}
    assert b"acme" not in answer.content.lower()


@pytest.mark.parametrize("model", ["organization", "organizationsettings", "domain", "directoryentry"])
def test_on_their_own_host_they_see_themselves_alone(owner: User, other_organization: Organization, model: str) -> None:
    answer = signed_in(Client(SERVER_NAME="acme.localhost"), owner).get(f"{PAGES}/{model}/")
    assert answer.status_code == (200 if model.startswith("organization") else 404)
    assert b"rival" not in answer.content.lower()
    assert other_organization.schema_name not in answer.content.decode()


def test_what_waits_is_told_by_its_organization(platform_client: Client, organization: Organization) -> None:
    with public_context():
        Ticket.objects.create(id=uuid7(), schema_name=organization.schema_name, kind="robot", queue="robots.default")
        Tally.objects.create(name="oficina_runs_total", labels='{"status": "completed"}', value=1200)
    assert organization.name in platform_client.get("/admin/dispatch/ticket/").content.decode()
    page = platform_client.get("/admin/dispatch/tally/").content.decode()
    assert '<span class="office-tag">status: completed</span>' in page
    assert "1,200" in page


def test_the_first_page_counts_organizations_work_and_workers(
    platform_client: Client, organization: Organization, other_organization: Organization
) -> None:
    with public_context():
        Organization.objects.filter(pk=other_organization.pk).update(is_active=False, schema_version="old")
        Ticket.objects.create(id=uuid7(), schema_name=organization.schema_name, kind="robot", queue="robots.default")
    answer = platform_client.get("/admin/")
    counts = answer.context["organizations"]
    assert (counts.in_use, counts.suspended, counts.behind, counts.failed) == (1, 1, 1, 0)
    assert (answer.context["waiting"], answer.context["workers"].count) == (1, 0)
    page = answer.content.decode()
    assert "robots.default: 1" in page
    assert "nothing runs until one starts" in page
