"""Makes an organization with its schema and its host."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from apps.tenants.hosts import own_host
from apps.tenants.services.organizations import organization_create


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", metavar="NAME", help="names of the organizations")
        parser.add_argument("--slug", help="its slug, where one is made; by default it comes from the name")

    def handle(self, *args: Any, **options: Any) -> None:
        names: list[str] = options["names"]
        for name in tqdm(names, unit="organization", disable=None if options["verbosity"] else True):
            slug = options["slug"] if len(names) == 1 else None
            organization = organization_create(name=name, slug=slug)
            self.stdout.write(f"{organization.slug}\t{organization.schema_name}\t{own_host(organization.slug)}")
