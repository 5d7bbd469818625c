"""Removing an organization whole: its row, hosts, schema, role, directory entries and files."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.db import connection, transaction

from apps.tenants.context import owner_context
from apps.tenants.errors import PlatformProtected
from apps.tenants.models import Organization
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import hosts_forget
from apps.tenants.services.provisioning import schema_drop


def organization_remove(*, organization: Organization) -> None:
    """Removes an organization for good, with whatever stands in shared tables under its schema's name.

    Rows, schema and role go in one transaction, files after it. No actor: only commands on the server do this. Raises
    ``PlatformProtected``.
    """
    schema = organization.schema_name
    if schema == PLATFORM:
        raise PlatformProtected
    with owner_context(), transaction.atomic():
        _remove_shared_rows(schema)
        Organization.objects.filter(pk=organization.pk).delete()
        schema_drop(schema)
        transaction.on_commit(hosts_forget)
    _remove_folder(schema)


def _remove_shared_rows(schema: str) -> None:
    """Of every shared table that says whose its rows are, those of floors above included."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT table_name FROM information_schema.columns
               WHERE table_schema = 'public' AND column_name = 'schema_name' AND table_name <> %s""",
            [Organization._meta.db_table],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)} WHERE schema_name = %s", [schema])


def _remove_folder(folder: str) -> None:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        default_storage.delete(f"{folder}/{name}")
    for name in folders:
        _remove_folder(f"{folder}/{name}")
    default_storage.delete(folder)
