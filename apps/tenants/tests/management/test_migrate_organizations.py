"""Deployments: nothing to do costs nothing, one failure stops no other, the next run goes on."""

from __future__ import annotations

import threading
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections
from psycopg import sql

from apps.accounts.models import Role
from apps.common.testing import eventually
from apps.tenants.context import owner_context, tenant_context
from apps.tenants.locks import process_lock
from apps.tenants.management.commands.migrate_organizations import LOCK
from apps.tenants.models import MigrationState, Organization
from apps.tenants.naming import new_schema_name
from apps.tenants.services import migrations
from apps.tenants.services.migrations import organizations_outdated
from apps.tenants.services.organizations import organization_create
from apps.tenants.services.provisioning import schema_drop
from apps.tenants.services.sweeping import schemas_sweep
from apps.tenants.services.templates import schema_fingerprint
from apps.tenants.tests.conftest import role_of

SECONDS = 60


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("migrate_organizations", *arguments, stdout=output, stderr=output, verbosity=0)
    return output.getvalue()


def fresh(organization: Organization) -> Organization:
    with owner_context():
        return Organization.objects.get(pk=organization.pk)


def make_outdated(*organizations: Organization) -> None:
    """As if they had been made by an older program: no version, and the built-in roles changed since."""
    for organization in organizations:
        with owner_context():
            Organization.objects.filter(pk=organization.pk).update(schema_version="older")
        with tenant_context(organization):
            Role.objects.filter(slug="viewer").update(actions=["nothing"])


def is_current(organization: Organization) -> bool:
    with tenant_context(organization):
        role = Role.objects.get(slug="viewer")
    return fresh(organization).schema_version == schema_fingerprint() and role.actions != ["nothing"]


def break_schema(organization: Organization) -> None:
    """Its migrations start over and meet their own tables."""
    with owner_context(organization.schema_name), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations")


def mend_schema(organization: Organization) -> None:
    with owner_context(organization.schema_name), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations")
        cursor.execute("INSERT INTO django_migrations SELECT * FROM platform.django_migrations")


@pytest.fixture
def others(live_organization: Organization) -> list[Organization]:
    return [organization_create(name=f"Other {number}") for number in range(2)]


def test_it_works(live_organization: Organization, others: list[Organization]) -> None:
    make_outdated(live_organization, *others)
    assert len(organizations_outdated(schema_fingerprint())) == 3
    run()
    assert all(is_current(organization) for organization in (live_organization, *others))
    assert organizations_outdated(schema_fingerprint()) == []


def test_without_anything_to_do_no_schema_is_visited(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, sent: list[str]
) -> None:
    run()  # spares
    with owner_context(), connection.cursor() as cursor:
        fingerprint = schema_fingerprint()
        rows = [Organization(name="x", slug=f"x-{n}", schema_name=f"t_{n:012x}") for n in range(1000)]
        for row in rows:
            row.schema_version = fingerprint
        Organization.objects.bulk_create(rows)
        if settings.TENANT_ROLES:
            cursor.execute(
                "DO $$ BEGIN FOR n IN 0..999 LOOP EXECUTE format('CREATE ROLE %I', '"
                + role_of("t_")
                + "' || lpad(to_hex(n), 12, '0')); END LOOP; END $$"
            )
    monkeypatch.setattr(migrations, "schema_migrate", lambda schema: pytest.fail(f"visited {schema}"))
    sent.clear()
    run()
    assert len(sent) < 100
    assert not [statement for statement in sent if "LOCK TABLE" in statement or "CREATE POLICY" in statement]


def test_it_makes_nobody_wait_long_behind_what_it_waits_for(
    live_organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 0.2)
    make_outdated(live_organization)
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as reader:
        table = sql.Identifier(live_organization.schema_name, Role._meta.db_table)
        reader.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(table))
        with pytest.raises(CommandError, match="1 of 1 organizations failed"):
            run()
        assert "lock timeout" in fresh(live_organization).migration_error
    run()
    assert is_current(live_organization)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_a_failure_is_noted_and_stops_no_other(live_organization: Organization, others: list[Organization]) -> None:
    make_outdated(live_organization, *others)
    break_schema(others[0])
    with pytest.raises(CommandError, match=rf"1 of 3 organizations failed: {others[0].schema_name}"):
        run()
    failed = fresh(others[0])
    assert failed.migration_state == MigrationState.FAILED
    assert "already exists" in failed.migration_error
    assert is_current(live_organization)
    assert is_current(others[1])

    assert organizations_outdated(schema_fingerprint()) == [others[0].schema_name]
    mend_schema(others[0])
    run()
    mended = fresh(others[0])
    assert (mended.migration_state, mended.migration_error) == (MigrationState.CURRENT, "")
    assert is_current(others[0])


def test_in_parallel(live_organization: Organization, others: list[Organization]) -> None:
    make_outdated(live_organization, *others)
    break_schema(others[0])
    with pytest.raises(CommandError, match=rf"1 of 3 organizations failed: {others[0].schema_name}"):
        run("--parallel", "2")
    assert is_current(live_organization)
    assert is_current(others[1])
    assert fresh(others[0]).migration_state == MigrationState.FAILED
    mend_schema(others[0])


def test_two_deployments_do_not_meet(live_organization: Organization) -> None:
    make_outdated(live_organization)
    output = StringIO()

    def second() -> None:
        try:
            call_command("migrate_organizations", stdout=output, stderr=output, verbosity=0)
        finally:
            connections.close_all()

    with process_lock(LOCK):
        thread = threading.Thread(target=second)
        thread.start()
        eventually(lambda: "waiting" in output.getvalue(), seconds=SECONDS)
        assert not is_current(live_organization)
    thread.join(SECONDS)
    assert is_current(live_organization)


@pytest.mark.skipif(not settings.TENANT_ROLES, reason="TENANT_ROLES=off")
def test_roles_that_are_missing_are_made_again(live_organization: Organization) -> None:
    """As after a restore on another server: the rows are there, the roles are not."""
    role, aside = role_of(live_organization.schema_name), role_of(new_schema_name())
    with owner_context(), connection.cursor() as cursor:
        cursor.execute(f'ALTER ROLE "{role}" RENAME TO "{aside}"')
    assert organizations_outdated(schema_fingerprint()) == [live_organization.schema_name]
    run()
    assert is_current(live_organization)
    with owner_context():
        schema_drop(live_organization.schema_name)  # and with it the rights of the role that was put aside
        live_organization.delete()
    assert schemas_sweep().roles == [aside]


@pytest.mark.parametrize("command", ["migrate", "migrate_schemas"])
def test_by_hand_marks_what_it_touches(live_organization: Organization, command: str) -> None:
    call_command(command, schema_name=live_organization.schema_name, verbosity=0)
    assert fresh(live_organization).schema_version == ""
    assert organizations_outdated(schema_fingerprint()) == [live_organization.schema_name]
    run()
    assert is_current(live_organization)


@pytest.mark.parametrize("options", [{"plan": True}, {"shared": True}, {"schema_name": "public"}])
def test_by_hand_marks_nothing_else(live_organization: Organization, options: dict[str, Any]) -> None:
    call_command("migrate", verbosity=0, stdout=StringIO(), **options)
    assert organizations_outdated(schema_fingerprint()) == []
