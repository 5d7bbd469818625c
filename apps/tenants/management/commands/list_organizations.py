"""Lists organizations with their schema, state, version and size."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import filesizeformat
from tqdm import tqdm

from apps.tenants.models import MigrationState, Organization
from apps.tenants.selectors import organizations_all, platform, schema_sizes
from apps.tenants.services.templates import schema_fingerprint

_SHOWN = 12
_LINE = "{:<32} {:<16} {:<10} {:<10} {:<12} {:>10}"


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        current, sizes = schema_fingerprint(), schema_sizes()
        home = platform()
        everyone = ([home] if home else []) + organizations_all()
        self.stdout.write(_LINE.format("slug", "schema", "active", "state", "version", "size"))
        for organization in tqdm(everyone, unit="organization", disable=None if options["verbosity"] else True):
            self.stdout.write(
                _LINE.format(
                    organization.slug,
                    organization.schema_name,
                    "yes" if organization.is_active else "suspended",
                    state_of(organization, current),
                    organization.schema_version[:_SHOWN],
                    filesizeformat(sizes.get(organization.schema_name, 0)).replace("\xa0", " "),
                )
            )


def state_of(organization: Organization, current: str) -> str:
    """``current``, ``failed``, or ``outdated`` where a migration waits."""
    if organization.migration_state == MigrationState.FAILED:
        return "failed"
    return "current" if organization.schema_version == current else "outdated"
