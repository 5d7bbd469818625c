"""What no row names goes; what is in use stays."""

from __future__ import annotations

from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from apps.accounts.models import Role
from apps.tenants.context import owner_context, tenant_context
from apps.tenants.models import Organization
from apps.tenants.naming import new_schema_name, role_name
from apps.tenants.services.organizations import organization_create
from apps.tenants.services.provisioning import schema_create, spares_replenish
from apps.tenants.services.roles import role_create
from apps.tenants.services.sweeping import schemas_sweep
from apps.tenants.services.templates import template_ensure
from apps.tenants.tests.concurrency import at_once


def orphan_schema() -> str:
    schema = new_schema_name()
    with owner_context():
        schema_create(schema, template_ensure())
    return schema


def role_of(schema: str) -> str:
    return role_name(str(connection.settings_dict["NAME"]), schema)


def orphan_role() -> str:
    role = role_of(new_schema_name())
    with owner_context():
        role_create(role)
    return role


def exists(schema: str) -> bool:
    with owner_context(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [schema])
        return bool(cursor.fetchone()[0])


def test_it_works(organization: Organization, other_organization: Organization) -> None:
    schema, role = orphan_schema(), orphan_role()
    swept = schemas_sweep()
    assert swept.schemas == [schema]
    assert swept.roles == [role]
    assert not exists(schema)
    again = schemas_sweep()
    assert (again.schemas, again.roles) == ([], [])


def test_what_is_in_use_stays(organization: Organization) -> None:
    spares_replenish(1)
    swept = schemas_sweep()
    assert (swept.schemas, swept.roles) == ([], [])
    with tenant_context(organization), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_role")
    with tenant_context("platform"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_organization")


def test_a_spare_that_is_given_away_meanwhile_stays(live_organization: Organization) -> None:
    """It leaves one list and enters the other while the sweep reads them."""
    spares_replenish(1)
    made: list[Organization] = []

    def give(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if "tenants_organization" in sql and not made:
            made.extend(at_once(lambda _index: organization_create(name="Meanwhile"), 1))
        return answer

    with connection.execute_wrapper(give):
        assert schemas_sweep().schemas == []
    with tenant_context(made[0]):
        assert Role.objects.exists()


def test_a_dry_run_removes_nothing(organization: Organization) -> None:
    schema, role = orphan_schema(), orphan_role()
    output = StringIO()
    call_command("sweep_schemas", "--dry-run", stdout=output)
    assert exists(schema)
    roles = [role, role_of(schema)] if settings.TENANT_ROLES else [role]
    assert output.getvalue().splitlines() == [
        schema,
        *sorted(roles),
        f"1 schemas and {len(roles)} roles would go.",
    ]


def test_schemas_of_others_are_left_alone(organization: Organization) -> None:
    with owner_context(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA somebody_else; CREATE SCHEMA t_not_one_of_ours")
    assert schemas_sweep().schemas == []
    assert exists("somebody_else")
