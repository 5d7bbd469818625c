"""Removing what no row names: schemas and roles that a crash or a hand left behind."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import connection

from apps.tenants.context import owner_context
from apps.tenants.locks import process_lock
from apps.tenants.models import Organization, SpareSchema
from apps.tenants.naming import PUBLIC, ROLE_SUFFIXES, role_prefix
from apps.tenants.services.provisioning import schema_drop
from apps.tenants.services.templates import LOCK


@dataclass(frozen=True, slots=True)
class Orphans:
    """Schemas without an organization or spare, and roles without a schema."""

    schemas: list[str]
    roles: list[str]


def schemas_sweep(*, dry_run: bool = False) -> Orphans:
    """Finds and, unless ``dry_run``, removes orphans; returns them. Waits while a template is being recorded.

    No actor: maintenance. What is being made in an open transaction is not seen, so it is safe at any time.
    """
    with process_lock(LOCK), owner_context():
        schemas = _orphaned_schemas()
        if not dry_run:
            for schema in schemas:
                schema_drop(schema)
        roles = _orphaned_roles(schemas if dry_run else [])
        if not dry_run:
            with connection.cursor() as cursor:
                for role in roles:
                    cursor.execute(f'DROP ROLE IF EXISTS "{role}"')
    return Orphans(schemas, roles)


def _orphaned_schemas() -> list[str]:
    """By one statement, so that a spare which is given to an organization meanwhile is in one list or the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_[0-9a-f]{{12}}$' AND nspname NOT IN
                (SELECT schema_name FROM {Organization._meta.db_table}
                 UNION ALL SELECT schema_name FROM {SpareSchema._meta.db_table})
                ORDER BY nspname"""
        )
        return [row[0] for row in cursor.fetchall()]


def _orphaned_roles(doomed: list[str]) -> list[str]:
    prefix = role_prefix(str(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT rolname FROM pg_roles WHERE rolname ~ %s AND substr(rolname, %s) NOT IN
               (SELECT nspname FROM pg_namespace WHERE nspname <> ALL (%s) UNION ALL VALUES ('members'), (%s))
               ORDER BY rolname""",
            [f"^{re.escape(prefix)}{ROLE_SUFFIXES}$", len(prefix) + 1, doomed, PUBLIC],
        )
        return [row[0] for row in cursor.fetchall()]
