"""Writes one organization to an archive: its rows, its files and what they must come to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.errors import ApplicationError
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import organization_by_slug
from apps.tenants.services.exports import organization_export


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--to", required=True, type=Path, metavar="FILE", help="a file that does not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        found = organization_by_slug(options["slug"])
        if found is None:
            raise CommandError(f"There is no organization {options['slug']!r}.")
        wanted: Path = options["to"]
        partial = wanted.with_name(f"{wanted.name}.partial")
        if wanted.exists():
            raise CommandError(f"{wanted} exists.")
        actor = Actor.system("command", schema=PLATFORM)
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
                manifest = organization_export(actor=actor, organization=found, target=target, now=timezone.now())
                target.flush()
                os.fsync(target.fileno())
        except FileExistsError as error:
            raise CommandError(f"{partial} exists: another export runs, or one was broken off.") from error
        except BaseException as error:
            partial.unlink(missing_ok=True)
            if isinstance(error, ApplicationError | OSError):
                raise CommandError(str(error)) from error
            raise
        partial.rename(wanted)
        self.stdout.write(
            f"{manifest.rows} rows of {len(manifest.tables)} tables, {manifest.files} files; left out: "
            + ", ".join(f"{count} of {table}" for table, count in manifest.left_out.items())
        )
