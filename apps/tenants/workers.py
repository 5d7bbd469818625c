"""What the worker processes of ``migrate_organizations --parallel`` run. Imports Django only once it is set up."""

from __future__ import annotations


def set_up(database: str) -> None:
    """Prepares a new process to work on a database."""
    import django  # noqa: PLC0415

    django.setup()
    from django.db import connection  # noqa: PLC0415

    connection.settings_dict["NAME"] = database


def migrate(schema: str, fingerprint: str) -> str:
    """Migrates one organization; returns the error, if any."""
    from apps.tenants.services.migrations import organization_migrate  # noqa: PLC0415

    return organization_migrate(schema, fingerprint)
