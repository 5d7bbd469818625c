"""Organizations measured, suspended and purged in the platform's back-office."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.tenants.context import owner_context, public_context, tenant_context
from apps.tenants.models import MigrationState, Organization, PurgeCertificate
from apps.tenants.tests.admin.test_platform_pages import PAGES, platform_client, signed_in
from conftest import make_user

__all__ = ["platform_client"]
LIST = f"{PAGES}/organization/"


@pytest.fixture(autouse=True)
def at_once(settings: Any) -> None:
    """No days between suspending and purging."""
    settings.ENV = settings.ENV.model_copy(update={"organization_purge_days": 0})


def switch(organization: Organization, **values: Any) -> None:
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(**values)


def test_the_list_tells_hosts_people_size_and_migrations(platform_client: Client, organization: Organization) -> None:
    make_user("a@acme.example", "viewer")
    page = platform_client.get(f"{LIST}?q=acme").content.decode()
    assert "acme.localhost" in page
    for chosen, expected in (("current", True), ("behind", False), ("failed", False)):
        assert ("acme.localhost" in platform_client.get(f"{LIST}?migrated={chosen}").content.decode()) is expected
    switch(organization, schema_version="old")
    assert "acme.localhost" in platform_client.get(f"{LIST}?migrated=behind").content.decode()
    switch(organization, migration_state=MigrationState.FAILED)
    assert "acme.localhost" in platform_client.get(f"{LIST}?migrated=failed").content.decode()


@pytest.mark.parametrize("many", [5, 50])
def test_the_list_costs_the_same_whatever_its_length(
    platform_client: Client, organization: Organization, many: int
) -> None:
    with public_context():
        for number in range(many):
            Organization.objects.create(name=f"O {number}", slug=f"o-{number}", schema_name=f"t_{number:012}")
    with owner_context(), connection.cursor() as cursor:
        for number in range(many):
            cursor.execute(f"CREATE SCHEMA t_{number:012}; CREATE TABLE t_{number:012}.accounts_user ()")
    platform_client.get(LIST + "?q=zzz")
    with CaptureQueriesContext(connection) as queries:
        assert platform_client.get(LIST + "?q=O+").status_code == 200
    assert len(queries) == 9, [query["sql"][:160] for query in queries]


def test_suspended_and_activated_on_its_page(platform_client: Client, other_organization: Organization) -> None:
    page = f"{LIST}{other_organization.pk}/"
    assert "/purge/" not in platform_client.get(f"{page}change/").content.decode()
    for name, active in (("suspend", False), ("activate", True)):
        assert platform_client.post(f"{page}{name}/").status_code == 302
        with public_context():
            assert Organization.objects.get(pk=other_organization.pk).is_active is active
    assert platform_client.get(f"{page}suspend/").status_code == 405


def test_a_purge_is_offered_once_it_can_be(
    platform_client: Client, other_organization: Organization, settings: Any
) -> None:
    switch(other_organization, is_active=False, suspended_at=datetime(2026, 2, 3, 12, tzinfo=UTC))
    page = f"{LIST}{other_organization.pk}/change/"
    assert "/purge/" in platform_client.get(page).content.decode()
    settings.ENV = settings.ENV.model_copy(update={"organization_purge_days": 36_500})
    shown = platform_client.get(page).content.decode()
    assert "/purge/" not in shown
    assert "It can be purged from Jan 10, 2126, 12:00 PM on." in shown


def test_a_purge_asks_for_the_slug(platform_client: Client, other_organization: Organization) -> None:
    page = f"{LIST}{other_organization.pk}/purge/"
    assert platform_client.get(page).status_code == 302  # still in use
    platform_client.post(f"{LIST}{other_organization.pk}/suspend/")
    shown = platform_client.get(page)
    assert shown.status_code == 200
    assert "gone for good" in shown.content.decode()
    wrong = platform_client.post(page, {"slug": "acme"})
    assert "not the organization&#x27;s slug" in wrong.content.decode()
    with public_context():
        assert Organization.objects.filter(pk=other_organization.pk).exists()


def test_a_certificate_is_read_and_downloaded(platform_client: Client) -> None:
    with public_context():
        row = PurgeCertificate.objects.create(
            organization_id="01a213c5-81b5-77f9-aab3-1a5b9b88d858",
            name="Gone",
            slug="gone",
            schema_name="t_000000000000",
            document={"removed": {"rows": 3}},
            digest="0" * 64,
        )
    page = f"{PAGES}/purgecertificate/"
    assert "not removed yet" in platform_client.get(page).content.decode()
    shown = platform_client.get(f"{page}{row.pk}/change/").content.decode()
    assert "<dt>Rows</dt><dd>3</dd>" in shown
    answer = platform_client.get(f"{page}{row.pk}/document/")
    assert answer.json() == {"removed": {"rows": 3}}
    assert answer.headers["Content-Disposition"] == 'attachment; filename="purge-gone.json"'
    platform_client.post(page, {"action": "finish", "_selected_action": [str(row.pk)]})
    with public_context():
        assert PurgeCertificate.objects.get(pk=row.pk).files_removed_at is not None
    assert platform_client.post(f"{page}{row.pk}/change/", {"name": "x"}).status_code == 403


def test_organizations_reach_none_of_it(organization: Organization, other_organization: Organization) -> None:
    for host in ("acme.localhost", "localhost"):
        with tenant_context(organization):
            client = signed_in(Client(SERVER_NAME=host), make_user(f"admin@{host}.example", "org_admin"))
        for what in ("purge", "suspend", "activate"):
            answer = client.post(f"{LIST}{other_organization.pk}/{what}/", {"slug": "rival"})
            assert answer.status_code in {302, 403, 404}
        assert client.get(f"{PAGES}/purgecertificate/").status_code in {302, 403, 404}
    with public_context():
        assert Organization.objects.get(pk=other_organization.pk).is_active


def test_one_suspended_a_moment_ago_is_not_purged(
    platform_client: Client, other_organization: Organization, settings: Any
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"organization_purge_days": 7})
    page = f"{LIST}{other_organization.pk}/"
    platform_client.post(f"{page}suspend/")
    answer = platform_client.post(f"{page}purge/", {"slug": other_organization.slug}, follow=True)
    assert "It can be purged from" in answer.content.decode()
    with public_context():
        assert Organization.objects.filter(pk=other_organization.pk).exists()
