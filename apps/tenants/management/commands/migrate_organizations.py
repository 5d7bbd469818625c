"""Brings the shared schema, the platform and every organization to the current migrations.

Organizations that are current are not visited. One that fails is noted on its row and stops no other; the next run
tries it again, and goes on where this one ended.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connection
from tqdm import tqdm

from apps.tenants import workers
from apps.tenants.locks import process_lock
from apps.tenants.services.migrations import organization_migrate, organizations_outdated, shared_migrate
from apps.tenants.services.organizations import platform_ensure
from apps.tenants.services.provisioning import spares_replenish
from apps.tenants.services.templates import template_activate

LOCK = "migrate_organizations"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--parallel", type=int, default=1, metavar="N", help="organizations at once (default 1)")

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[Any, Any]:
        return {"tags": [Tags.database], "databases": [DEFAULT_DB_ALIAS]}

    def handle(self, *args: Any, **options: Any) -> None:
        with process_lock(LOCK, wait=False) as free:
            if free:
                self.migrate(options["parallel"], verbosity=options["verbosity"])
                return
        self.stderr.write("Another process is migrating; waiting for it.")
        with process_lock(LOCK):
            self.migrate(options["parallel"], verbosity=options["verbosity"])

    def migrate(self, parallel: int, *, verbosity: int) -> None:
        """Public, template, platform, organizations, spares: in this order, for each needs the one before."""
        shared_migrate()
        template = template_activate()
        platform_ensure()
        outdated = organizations_outdated(template.fingerprint)
        done = run(outdated, template.fingerprint, parallel)
        progress = tqdm(
            done, total=len(outdated), unit="organization", disable=None if verbosity and outdated else True
        )
        failed = [schema for schema, error in progress if error]
        spares_replenish(settings.ENV.tenant_spares)
        if failed:
            raise CommandError(f"{len(failed)} of {len(outdated)} organizations failed: {', '.join(failed[:20])}")
        if verbosity:
            self.stdout.write(f"{len(outdated)} organizations migrated, all are current.")


def run(schemas: list[str], fingerprint: str, parallel: int) -> Iterator[tuple[str, str]]:
    """Migrates organizations, in this process or in several; yields each schema with its error, as they finish."""
    if parallel <= 1 or len(schemas) <= 1:
        for schema in schemas:
            yield schema, organization_migrate(schema, fingerprint)
        return
    with ProcessPoolExecutor(
        min(parallel, len(schemas)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=workers.set_up,
        initargs=(str(connection.settings_dict["NAME"]),),
    ) as pool:
        running = {pool.submit(workers.migrate, schema, fingerprint): schema for schema in schemas}
        for finished in as_completed(running):
            yield running[finished], finished.result()
