"""Organizations that are there for signing in alone: their row, their host, and an address of theirs in the directory.

Signing in on the host that all share looks at nothing else of organizations whose address was not given, so they need
no schema of their own.
"""

from __future__ import annotations

from django.db import connection, transaction

from apps.accounts.services.directory import address_hash
from apps.common.ids import uuid7
from apps.tenants.context import owner_context
from apps.tenants.hosts import own_host
from apps.tenants.models import DirectoryEntry, Domain, Organization
from apps.tenants.selectors import hosts_forget

BATCH = 5000


class Neighbours:
    """So many organizations beside those that are real; they come and go together."""

    def __init__(self, number: int) -> None:
        self.organizations = [
            Organization(name=f"Neighbour {each}", slug=f"neighbour-{each}", schema_name=f"t_{uuid7().hex}")
            for each in range(number)
        ]
        self.hosts = [Domain(domain=own_host(each.slug), tenant=each, is_primary=True) for each in self.organizations]
        self.entries = [
            DirectoryEntry(address_hash=address_hash(f"owner@{each.slug}.example"), schema_name=each.schema_name)
            for each in self.organizations
        ]
        self.here = False

    def be(self, *, here: bool) -> None:
        """Comes or goes, unless that is so already; then what the server does by itself after a while."""
        if here is self.here:
            return
        with owner_context(), transaction.atomic():
            if here:
                self._come()
            else:
                self._go()
        self.here = here
        with owner_context(), connection.cursor() as cursor:
            for model in (Organization, Domain, DirectoryEntry):
                cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")
        hosts_forget()

    def _come(self) -> None:
        Organization.objects.bulk_create(self.organizations, BATCH)
        for host in self.hosts:
            host.pk = None  # a number of the database's
        Domain.objects.bulk_create(self.hosts, BATCH)
        DirectoryEntry.objects.bulk_create(self.entries, BATCH)

    def _go(self) -> None:
        gone = (
            (DirectoryEntry, "schema_name", [each.schema_name for each in self.entries]),
            (Domain, "domain", [each.domain for each in self.hosts]),
            (Organization, "schema_name", [each.schema_name for each in self.organizations]),
        )
        with connection.cursor() as cursor:
            for model, column, values in gone:
                cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE {column} = ANY(%s)", [values])
