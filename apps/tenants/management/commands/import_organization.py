"""Makes a fresh organization of an archive; it is switched off until somebody activates it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.errors import ApplicationError
from apps.tenants.naming import PLATFORM
from apps.tenants.services.imports import organization_import


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--slug", required=True, help="of the organization that is made; none may have it")
        parser.add_argument("--activate", action="store_true", help="lets people in, and its schedules run, at once")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("command", schema=PLATFORM)
        try:
            with options["file"].open("rb") as archive:
                made, manifest = organization_import(
                    actor=actor,
                    archive=archive,
                    slug=options["slug"],
                    is_active=options["activate"],
                    now=timezone.now(),
                )
        except (ApplicationError, OSError) as error:
            facts = getattr(error, "extra", {}).items()
            raise CommandError(" ".join([str(error), *(f"({name}: {value})" for name, value in facts)])) from error
        state = "in use" if options["activate"] else "switched off until somebody activates it"
        self.stdout.write(f"{made.slug}\t{made.schema_name}\t{manifest.rows} rows, {manifest.files} files\t{state}")
