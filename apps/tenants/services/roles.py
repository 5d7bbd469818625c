"""PostgreSQL roles and row rules: even with our own code broken, one organization cannot read another.

Three kinds of role, none of which can log in: ``…_public`` works on the shared tables, ``…_members`` holds what every
organization may do with them (own rows only, by row level security), ``…_<schema>`` sees one schema.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from apps.tenants.context import owner_context
from apps.tenants.naming import PLATFORM, PUBLIC, role_name

MEMBERS = "members"
SHARED_TABLES: dict[str, str] = {
    # table → what an organization may do with its own rows
    "tenants_organization": "SELECT",
    "tenants_directoryentry": "SELECT, INSERT, DELETE",
    "dispatch_ticket": "SELECT, INSERT, UPDATE, DELETE",
}


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def role_create(name: str) -> None:
    """Makes a NOLOGIN role that the login role may assume; does nothing when it is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE ROLE "{name}" NOLOGIN')
        options = "WITH SET TRUE, INHERIT FALSE" if connection.pg_version >= 160000 else ""
        cursor.execute(f'GRANT "{name}" TO CURRENT_USER {options}')


def schema_grants(schema: str) -> None:
    """Gives a schema's role its own tables, those to come included, and membership of ``…_members``."""
    role = role_name(_database(), schema)
    role_create(role)
    with connection.cursor() as cursor:
        cursor.execute(
            f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}";'
            f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{schema}" TO "{role}";'
            f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "{schema}" TO "{role}";'
            f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema}" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{role}";'
            f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema}" GRANT USAGE, SELECT ON SEQUENCES TO "{role}";'
            f'GRANT "{role_name(_database(), MEMBERS)}" TO "{role}";'
        )


def shared_roles_ensure() -> None:
    """Makes the shared roles, their grants and the row rules of ``public``; safe to run again."""
    if not settings.TENANT_ROLES:
        return
    public, members = role_name(_database(), PUBLIC), role_name(_database(), MEMBERS)
    with owner_context(), connection.cursor() as cursor:
        role_create(public)
        role_create(members)
        cursor.execute(
            f'GRANT USAGE ON SCHEMA public TO "{public}", "{members}";'
            f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{public}";'
            f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{public}";'
        )
        for table, rights in SHARED_TABLES.items():
            cursor.execute(
                f'GRANT {rights} ON "{table}" TO "{members}";'
                f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY;'
                f'DROP POLICY IF EXISTS everything ON "{table}";'
                f'CREATE POLICY everything ON "{table}" TO "{public}" USING (true) WITH CHECK (true);'
                f'DROP POLICY IF EXISTS own_rows ON "{table}";'
                f"CREATE POLICY own_rows ON \"{table}\" TO \"{members}\" USING (right(current_user, length(schema_name) + 1) = '_' || schema_name);"
            )


def platform_grants() -> None:
    """The platform's role may do with the shared tables what ``…_public`` may."""
    if settings.TENANT_ROLES:
        with owner_context(), connection.cursor() as cursor:
            cursor.execute(f'GRANT "{role_name(_database(), PUBLIC)}" TO "{role_name(_database(), PLATFORM)}"')


def role_drop(schema: str) -> None:
    """Removes a schema's role; the schema itself must be gone."""
    role = role_name(_database(), schema)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is not None:
            cursor.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')
