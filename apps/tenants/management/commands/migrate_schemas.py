"""``migrate_schemas`` by hand: as the owner of the tables, and without leaving an organization marked as current."""

from __future__ import annotations

from typing import Any

from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand

from apps.tenants.context import owner_context
from apps.tenants.naming import PUBLIC
from apps.tenants.services.migrations import versions_forget
from apps.tenants.services.roles import default_rights_revoke, shared_roles_ensure


class Command(MigrateSchemasCommand):  # type: ignore[misc]  # untyped library
    help = "Migrates schemas one by one. Prefer migrate_organizations, which also makes reference rows and rights."

    def handle(self, *args: Any, **options: Any) -> None:
        schema = options.get("schema_name")
        only_shared = schema == PUBLIC or (options.get("shared") and not options.get("tenant"))
        only_reads = bool(options.get("plan") or options.get("check_unapplied"))
        with owner_context():
            if not only_shared and not only_reads:
                versions_forget(schema)
            default_rights_revoke()
            super().handle(*args, **options)
        if not only_reads and not schema:
            shared_roles_ensure()
