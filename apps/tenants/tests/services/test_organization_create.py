"""A new organization: schema, role, slug and host in one transaction."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import Role
from apps.common.testing import eventually
from apps.tenants.context import current_schema, owner_context, tenant_context
from apps.tenants.hosts import own_host
from apps.tenants.models import Domain, MigrationState, Organization, SpareSchema
from apps.tenants.selectors import organization_by_host, organization_by_slug, schema_sizes
from apps.tenants.services.organizations import RESERVED_SLUGS, organization_create, platform_ensure
from apps.tenants.services.provisioning import spares_replenish
from apps.tenants.services.sweeping import schemas_sweep
from apps.tenants.services.templates import schema_fingerprint
from apps.tenants.signals import organization_created
from apps.tenants.tests.concurrency import at_once
from config.env import BASE_DIR


def test_it_works(organization: Organization) -> None:
    made = organization_create(name="Café São João Ltda.")
    assert (made.slug, made.name) == ("cafe-sao-joao-ltda", "Café São João Ltda.")
    assert made.schema_version == schema_fingerprint()
    assert made.migration_state == MigrationState.CURRENT
    assert current_schema() == organization.schema_name
    assert organization_by_host(f"cafe-sao-joao-ltda.{settings.ENV.base_domain}") == made
    with tenant_context(made):
        assert set(Role.objects.values_list("slug", flat=True)) >= {"org_admin", "viewer"}


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme", "acme-1"),  # the session's own organization has it
        ("!!!", "organization"),
        ("日本", "organization"),
        ("Platform", "platform-1"),
        ("www", "www-1"),
        ("api", "api-1"),
        ("under_score", "under-score"),
        ("-" * 80, "organization"),
        ("x" * 200, "x" * 50),
        ("x" * 49 + " y", "x" * 49),
    ],
)
def test_slugs(organization: Organization, name: str, slug: str) -> None:
    assert organization_create(name=name).slug == slug


def test_taken_slugs_are_numbered(organization: Organization) -> None:
    slugs = [organization_create(name="Same").slug for _number in range(3)]
    assert slugs == ["same", "same-1", "same-2"]
    organization_create(name="Same 7")
    assert organization_create(name="Same").slug == "same-8"
    assert organization_create(name="Other", slug="Same").slug == "same-9"
    assert organization_create(name="Same-X").slug == "same-x"


def test_a_thousand_of_one_name_cost_what_one_costs(organization: Organization, sent: list[str]) -> None:
    with owner_context():
        slugs = ["same", *(f"same-{number}" for number in range(1, 1000))]
        Organization.objects.bulk_create(
            Organization(name="Same", slug=slug, schema_name=f"t_{number:012x}") for number, slug in enumerate(slugs)
        )
    sent.clear()
    assert organization_create(name="Same").slug == "same-1000"
    assert len([statement for statement in sent if "tenants_organization" in statement]) <= 6


def test_reserved_slugs_are_never_given(organization: Organization) -> None:
    made = {organization_create(name=slug).slug for slug in sorted(RESERVED_SLUGS)[:3]}
    assert made.isdisjoint(RESERVED_SLUGS)


def test_a_failure_leaves_nothing(organization: Organization, transactional_db: None) -> None:
    """Here the last statement fails: somebody else has the host, which nobody looks for."""
    before = schemas_sweep(dry_run=True)
    with owner_context():
        spares = {*SpareSchema.objects.values_list("schema_name", flat=True)}
        Domain.objects.bulk_create([Domain(domain=own_host("nothing"), tenant=organization, is_primary=False)])
    for _attempt in range(len(spares) + 1):  # the spares are given back, so each attempt takes the same one
        with pytest.raises(IntegrityError):
            organization_create(name="Nothing")
    assert organization_by_slug("nothing") is None
    with owner_context():
        assert {*SpareSchema.objects.values_list("schema_name", flat=True)} == spares
    orphans = schemas_sweep(dry_run=True)
    assert (orphans.schemas, orphans.roles) == (before.schemas, before.roles)


def test_a_rolled_back_caller_leaves_nothing(organization: Organization, transactional_db: None) -> None:
    with transaction.atomic():
        made = organization_create(name="Undone")
        transaction.set_rollback(True)
    assert organization_by_slug("undone") is None
    with owner_context(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_organization WHERE schema_name = %s", [made.schema_name])
        assert cursor.fetchone() == (0,)
    assert schemas_sweep(dry_run=True).schemas == []


def test_many_of_one_name_at_once(live_organization: Organization) -> None:
    spares_replenish(3)
    made = at_once(lambda _index: organization_create(name="Rush"), 6)
    assert sorted(each.slug for each in made) == ["rush", *(f"rush-{number}" for number in range(1, 6))]
    assert len({each.schema_name for each in made}) == 6
    with owner_context():
        assert Domain.objects.filter(domain__startswith="rush").count() == 6
        assert not SpareSchema.objects.filter(schema_name__in=[each.schema_name for each in made]).exists()


def test_names_that_meet_in_a_number_at_once(live_organization: Organization) -> None:
    names = ["Met", "Met", "Met 1", "Met-1", "met_1", "Met 2"]
    made = at_once(lambda index: organization_create(name=names[index]), len(names))
    assert len({each.slug for each in made}) == len(names)


def test_a_killed_process_leaves_nothing(live_organization: Organization) -> None:
    """Killed between the making of the schema and the commit."""
    code = """
import django, os, signal
django.setup()
from django.db import connection, transaction
connection.settings_dict["NAME"] = os.environ["TEST_DATABASE"]
from apps.tenants.services.organizations import organization_create
with transaction.atomic():
    print(organization_create(name="Killed").schema_name, flush=True)
    signal.pause()
"""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        schema = process.stdout.readline().strip()
        process.kill()
    assert schema.startswith("t_")
    eventually(lambda: not _connected(schema))
    orphans = schemas_sweep(dry_run=True)
    assert (orphans.schemas, orphans.roles) == ([], [])
    assert organization_by_slug("killed") is None
    assert schema not in schema_sizes() or SpareSchema.objects.filter(schema_name=schema).exists()


def _connected(schema: str) -> bool:
    """Whether the killed process's transaction is still open: then its locks are, too."""
    with owner_context(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < now()"
        )
        return bool(cursor.fetchone()[0])


def test_it_is_announced_once_it_stands(organization: Organization, transactional_db: None) -> None:
    heard: list[str] = []

    def listener(organization: Organization, **_: Any) -> None:
        heard.append(organization.slug)

    organization_created.connect(listener)
    try:
        with transaction.atomic():
            organization_create(name="Heard")
            assert heard == []
        assert heard == ["heard"]
    finally:
        organization_created.disconnect(listener)


def test_from_a_spare_no_table_is_made(organization: Organization, sent: list[str]) -> None:
    """So it takes milliseconds."""
    spares_replenish(1)
    for tables in (0, 1):
        sent.clear()
        organization_create(name="Quick")
        assert any("CREATE TABLE" in statement for statement in sent) == tables


def test_from_a_spare_four_statements_do(organization: Organization, sent: list[str]) -> None:
    """The spare, the lock of the slug, the slugs taken, the two rows."""
    spares_replenish(1)
    with owner_context(), transaction.atomic():
        organization_by_slug("acme")  # the connection is in this context now
        sent.clear()
        organization_create(name="Quick")
    assert len([statement for statement in sent if "SAVEPOINT" not in statement]) == 4


def test_there_is_one_platform(live_organization: Organization) -> None:
    assert len({platform.pk for platform in at_once(lambda _index: platform_ensure(), 3)}) == 1
