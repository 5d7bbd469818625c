"""Removes schemas that no organization or spare owns, and roles that no schema needs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.tenants.services.sweeping import schemas_sweep


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and leave it")

    def handle(self, *args: Any, **options: Any) -> None:
        orphans = schemas_sweep(dry_run=options["dry_run"])
        for name in [*orphans.schemas, *orphans.roles]:
            self.stdout.write(name)
        verb = "would go" if options["dry_run"] else "removed"
        self.stdout.write(f"{len(orphans.schemas)} schemas and {len(orphans.roles)} roles {verb}.")
