"""PostgreSQL roles and row rules: even with our own code broken, one organization cannot read another.

Three kinds of role, none of which can log in: ``…_public`` works on the shared tables, ``…_members`` holds what every
organization may do with them (own rows only, by row level security), ``…_<schema>`` sees one schema.
"""

from __future__ import annotations

import hashlib

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from apps.tenants.context import owner_context, wrapper
from apps.tenants.models import TenantModel
from apps.tenants.naming import MEMBERS, PLATFORM, PUBLIC, role_name, role_prefix

_ALL = "SELECT, INSERT, UPDATE, DELETE"
_READ = "SELECT"
_SELF_GRANT_SINCE = 160000  # before, whoever may create roles may assume them
_MIGRATIONS = "django_migrations"
# Shared tables that organizations touch, and what they may do there with their own rows.
_SHARED = {
    "tenants_organization": f"{_READ}, UPDATE (name, logo_url, theme_primary_color, updated_at)",
    "tenants_organizationsettings": "SELECT, INSERT, UPDATE",
    "tenants_supportgrant": f"{_READ}, UPDATE (entered_at, ticket_hash, ended_at, ended_by)",
    "tenants_directoryentry": "SELECT, INSERT, DELETE",
    "dispatch_ticket": _ALL,
}
# Shared tables that only the owner writes: what stands there is run as SQL.
_OWNERS = (_MIGRATIONS, "tenants_schematemplate", "tenants_spareschema")


def _role(schema: str) -> str:
    return role_name(str(connection.settings_dict["NAME"]), schema)


def rights_text() -> str:
    """All rights given below, as text: a part of the schema's fingerprint. No actor: it reads the code."""
    return repr((settings.TENANT_ROLES, _SHARED, _OWNERS, sorted(_restricted().items())))


def _restricted() -> dict[str, str]:
    """Tables of an organization on which its role may not do everything."""
    models = [model for model in apps.get_models() if issubclass(model, TenantModel) and model.database_rights != _ALL]
    return {_MIGRATIONS: _READ} | {model._meta.db_table: model.database_rights for model in models}


def role_create(name: str) -> None:
    """Makes a NOLOGIN role that the login role may assume, if it is not there. No actor: part of provisioning."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE ROLE "{name}" NOLOGIN')
        options = "WITH SET TRUE, INHERIT FALSE" if wrapper().pg_version >= _SELF_GRANT_SINCE else ""
        cursor.execute(f'GRANT "{name}" TO CURRENT_USER {options}')


def schema_grants(schema: str) -> None:
    """Gives a schema's role its own tables, those to come included, and membership of ``…_members``.

    No actor: part of provisioning. Safe to run again.
    """
    if not settings.TENANT_ROLES:
        return
    role, members = _role(schema), _role(MEMBERS)
    role_create(role)
    restrictions = "".join(
        f'REVOKE ALL ON "{schema}"."{table}" FROM "{role}";GRANT {rights} ON "{schema}"."{table}" TO "{role}";'
        for table, rights in _restricted().items()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}";'
            f'GRANT {_ALL} ON ALL TABLES IN SCHEMA "{schema}" TO "{role}";'
            f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "{schema}" TO "{role}";'
            f'GRANT EXECUTE ON ALL ROUTINES IN SCHEMA "{schema}" TO "{role}";'
            f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema}" GRANT {_ALL} ON TABLES TO "{role}";'
            f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema}" GRANT USAGE, SELECT ON SEQUENCES TO "{role}";'
            f"{restrictions}"
            f'GRANT "{members}" TO "{role}";'
        )
        if schema == PLATFORM:  # its administrators work on the shared tables
            cursor.execute(f'GRANT "{_role(PUBLIC)}" TO "{role}"')


def default_rights_revoke() -> None:
    """Takes back what PostgreSQL gives everybody: to create in ``public``, to call functions made from now on.

    No actor: part of the migrations, before the first of them runs. Once done, it looks and does nothing.
    """
    if not settings.TENANT_ROLES:
        return
    with owner_context(), connection.cursor() as cursor:
        cursor.execute(
            """SELECT has_schema_privilege('public', 'public', 'CREATE')
                   OR has_database_privilege('public', current_database(), 'TEMPORARY')
                   OR NOT EXISTS (SELECT FROM pg_default_acl WHERE defaclobjtype = 'f' AND defaclnamespace = 0
                                  AND defaclrole = current_user::regrole)"""
        )
        if not cursor.fetchone()[0]:
            return
        cursor.execute(
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
            f'REVOKE TEMPORARY ON DATABASE "{connection.settings_dict["NAME"]}" FROM PUBLIC;'
            "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"
        )


def shared_roles_ensure() -> None:
    """Makes the shared roles, their grants and the row rules of ``public``, where they are not as they should be.

    No actor: part of the migrations. What was done stands in a comment on a table, so that a deployment that
    changes nothing locks none.
    """
    if not settings.TENANT_ROLES:
        return
    default_rights_revoke()
    public, members = _role(PUBLIC), _role(MEMBERS)
    with owner_context(), transaction.atomic(), connection.cursor() as cursor:
        wanted = _shared_digest()
        cursor.execute("SELECT obj_description('tenants_organization'::regclass)")
        if cursor.fetchone() == (wanted,) and not schemas_without_role([PUBLIC, MEMBERS]):
            return
        role_create(public)
        role_create(members)
        cursor.execute(
            f"COMMENT ON TABLE tenants_organization IS '{wanted}';"
            f'GRANT USAGE ON SCHEMA public TO "{public}", "{members}";'
            f'GRANT {_ALL} ON ALL TABLES IN SCHEMA public TO "{public}";'
            f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{public}";'
            + "".join(f'REVOKE INSERT, UPDATE, DELETE ON "{table}" FROM "{public}";' for table in _OWNERS)
            + "".join(_row_rules(table, rights, public, members) for table, rights in _SHARED.items())
        )


def schemas_without_role(schemas: list[str]) -> list[str]:
    """Those of the schemas whose role is missing, say because the database was restored on another server.

    No actor: part of the migrations.
    """
    if not settings.TENANT_ROLES:
        return []
    with owner_context(), connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [_role("")])
        existing = {row[0] for row in cursor.fetchall()}
    return [schema for schema in schemas if _role(schema) not in existing]


def _shared_digest() -> str:
    tables = sorted(connection.introspection.table_names())
    return hashlib.sha256(f"{_role('')} {rights_text()} {tables}".encode()).hexdigest()


def _row_rules(table: str, rights: str, public: str, members: str) -> str:
    start = len(role_prefix(str(connection.settings_dict["NAME"]))) + 1
    own = f"schema_name = substr(current_user::text, {start})"  # the schema that the role is named after
    return (
        f'GRANT {rights} ON "{table}" TO "{members}";'
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY;'
        f'DROP POLICY IF EXISTS everything ON "{table}";'
        f'CREATE POLICY everything ON "{table}" TO "{public}" USING (true) WITH CHECK (true);'
        f'DROP POLICY IF EXISTS own_rows ON "{table}";'
        f'CREATE POLICY own_rows ON "{table}" TO "{members}" USING ({own}) WITH CHECK ({own});'
    )


def role_drop(schema: str) -> None:
    """Removes a schema's role; the schema itself must be gone. No actor: part of provisioning."""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP ROLE IF EXISTS "{_role(schema)}"')
