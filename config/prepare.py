"""Migrations and demo data in one process: on the second start, coming up takes Django longer than both together."""

from __future__ import annotations

import os
import sys

import django
from django.core.management import call_command
from django.db import OperationalError, connection


def main() -> None:
    """Progress on standard error; on standard output the accounts of the demo as JSON, and nothing else."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from apps.tenants.context import owner_context  # noqa: PLC0415  # Django is set up by now

    try:
        with owner_context():  # no other role may be there yet
            connection.ensure_connection()
    except OperationalError as error:
        sys.exit(f"The database of DATABASE_URL does not answer: {error}")
    sys.stderr.write("Migrating, which takes a while the first time\n")
    call_command("migrate_organizations", stdout=sys.stderr)
    sys.stderr.write("Providing demo data\n")
    call_command("seed_demo")


if __name__ == "__main__":
    main()
