"""Databases of tests: organizations that last a session, and how they are put right after a test that committed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

import psycopg
from django.core.management import call_command
from django.db import connection, transaction
from psycopg import sql

from apps.tenants.context import owner_context
from apps.tenants.models import Organization, SpareSchema
from apps.tenants.naming import ROLE_SUFFIXES, role_prefix
from apps.tenants.selectors import hosts_forget
from apps.tenants.services.organizations import organization_create
from apps.tenants.services.provisioning import schema_create, schema_drop
from apps.tenants.services.sweeping import Orphans, schemas_sweep
from apps.tenants.services.templates import template_ensure

# Shared tables whose rows outlive a test; all others are emptied after one that committed.
_LASTING = {
    "django_migrations",
    "tenants_organization",
    "tenants_domain",
    "tenants_schematemplate",
    "tenants_spareschema",
}

_OWN = "(SELECT oid FROM pg_namespace WHERE nspname = %(schema)s)"
_OWN_TABLES = f"(SELECT oid FROM pg_class WHERE relnamespace = {_OWN})"
_MADE_OF = (
    f"FROM pg_namespace WHERE oid = {_OWN}",
    f"FROM pg_class WHERE relnamespace = {_OWN}",
    f"FROM pg_proc WHERE pronamespace = {_OWN}",
    f"FROM pg_constraint WHERE connamespace = {_OWN}",
    f"FROM pg_attribute WHERE attrelid IN {_OWN_TABLES}",
    f"FROM pg_trigger WHERE tgrelid IN {_OWN_TABLES}",
    f"FROM pg_policy WHERE polrelid IN {_OWN_TABLES}",
)
"""Tables, columns, rights, constraints, triggers and functions of a schema, as PostgreSQL's catalogues have them."""


class TestDatabase:
    """The organizations of a test session and what their schemas looked like when they were new."""

    __test__ = False  # the name begins like a test's

    def __init__(self, names: Iterable[str]) -> None:
        schemas_sweep()  # roles of a session that was killed
        call_command("migrate_organizations", verbosity=0)
        self.organizations = [organization_create(name=name) for name in names]
        with owner_context():
            self._rows = list(Organization.objects.all())
        self._signatures = {row.schema_name: _signature(row.schema_name) for row in self._rows}

    def restore(self) -> None:
        """Puts everything back as it was when the session began; schemas that nobody wrote to are left alone.

        Fails for a test that leaves schemas or roles which no row names: another test may ask that there be none.
        """
        with owner_context():
            self._remove_new_organizations()
            self._empty_shared_tables()
            for row in self._rows:
                row.save()
            for schema, signature in self._signatures.items():
                if _signature(schema) != signature:
                    self._signatures[schema] = _renew(schema)
        hosts_forget()
        if (left := schemas_sweep()) != Orphans([], []):
            raise AssertionError(f"the test left {left}")

    def _remove_new_organizations(self) -> None:
        for organization in Organization.objects.exclude(pk__in=[row.pk for row in self._rows]):
            with transaction.atomic():
                organization.delete()
                schema_drop(organization.schema_name)

    def _empty_shared_tables(self) -> None:
        tables = [table for table in connection.introspection.table_names() if table not in _LASTING]
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(connection.ops.quote_name(table) for table in tables)}")


def _renew(schema: str) -> str:
    template = template_ensure()
    with owner_context(), transaction.atomic():
        SpareSchema.objects.filter(schema_name=schema).delete()
        schema_drop(schema)
        schema_create(schema, template)
    return _signature(schema)


def _signature(schema: str) -> str:
    """Changes with every committed write to the schema: the rows of its own tables, and what it is made of."""
    with owner_context(schema), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename", [schema])
        tables = [connection.ops.quote_name(table) for (table,) in cursor.fetchall()]
        counted = [*_MADE_OF, *(f"FROM {table}" for table in tables)]
        parts = [
            f"SELECT {place} AS place, count(*) AS rows, max(xmin::text::bigint) AS youngest {rows}"
            for place, rows in enumerate(counted)
        ]
        told = "array_agg((place, rows, youngest)::text ORDER BY place)"
        cursor.execute(f"SELECT {told} FROM ({' UNION ALL '.join(parts)}) AS t", {"schema": schema})
        return str(cursor.fetchone()[0])


def roles_drop(database: str) -> None:
    """Removes all roles of a database, once it is gone."""
    prefix = role_prefix(database)
    with psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True) as administration:
        if administration.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            return
        found = administration.execute(
            "SELECT rolname FROM pg_roles WHERE rolname ~ %s", [f"^{re.escape(prefix)}{ROLE_SUFFIXES}$"]
        )
        for (role,) in found.fetchall():
            administration.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
