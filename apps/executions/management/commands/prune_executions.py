"""Removes executions, logs and artifacts older than their organization keeps them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.executions.services.retention import retention_apply
from apps.tenants.selectors import organization_by_slug


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        parser.add_argument("--organization", help="slug of the only organization to prune")

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run, slug = options["dry_run"], options["organization"]
        if slug and organization_by_slug(slug) is None:
            raise CommandError(f"There is no organization {slug!r}.")
        for removed in retention_apply(now=timezone.now(), slug=slug, dry_run=dry_run):
            self.stdout.write(
                f"{removed.organization}: {'would remove' if dry_run else 'removed'} {removed.executions} executions, "
                f"{removed.logs} other logs, {removed.artifacts} artifacts ({removed.bytes} bytes)"
            )
