"""Writes the directory of addresses anew; needed after SECRET_KEY has changed, for it keys the hashes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from tqdm import tqdm

from apps.accounts.services.directory import directory_rebuild
from apps.tenants.context import tenant_context
from apps.tenants.selectors import organizations_all, platform


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = [*organizations_all(), *filter(None, [platform()])]
        written = 0
        for organization in tqdm(organizations, unit="organization", disable=None):
            with tenant_context(organization), transaction.atomic():
                written += directory_rebuild()
        self.stdout.write(f"{written} addresses of {len(organizations)} organizations.")
