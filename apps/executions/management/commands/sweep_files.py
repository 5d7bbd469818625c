"""Removes stored files that no row names: what a process left that died while it published or stored something."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.executions.services.orphans import orphans_sweep
from apps.tenants.selectors import organization_by_slug


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        parser.add_argument("--organization", help="slug of the only organization to look at")

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run, slug = options["dry_run"], options["organization"]
        if slug and organization_by_slug(slug) is None:
            raise CommandError(f"There is no organization {slug!r}.")
        verb = "would remove" if dry_run else "removed"
        for swept in orphans_sweep(now=timezone.now(), slug=slug, dry_run=dry_run):
            for file in swept.files:
                self.stdout.write(f"{swept.organization}: {file}")
            self.stdout.write(f"{swept.organization}: {verb} {len(swept.files)} files")
