"""All organizations and their hosts, kept in process and checked against the database every few seconds.

One copy of everything, so that a lookup costs no query and strange host names cost neither memory nor database: what
is not in the copy is looked for again at most once in ``MISS_SECONDS``, whatever number of requests ask.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.tenants.context import public_context
from apps.tenants.models import Domain, Organization

MISS_SECONDS = 1.0
# The number and the transactions of all rows: changes with every insert, update and delete, once they are committed.
_VERSION = """
    SELECT (SELECT (count(*), sum(xmin::text::bigint))::text FROM tenants_organization),
           (SELECT (count(*), sum(xmin::text::bigint))::text FROM tenants_domain)"""
_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class _Copy:
    version: tuple[str, str]
    by_host: dict[str, Organization]
    by_id: dict[UUID, Organization]
    by_schema: dict[str, Organization]
    by_slug: dict[str, Organization]


class Registry:
    """Thread-safe. The organizations it gives are shared: read them, change fresh ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._copy: _Copy | None = None
        self._checked = _NEVER
        self._forgotten = 0

    def find(self, index: str, key: Any) -> Organization | None:
        """The organization under ``key`` in one of ``by_host``, ``by_id``, ``by_schema``, ``by_slug``."""
        longest = settings.ENV.organization_cache_seconds
        found: Organization | None = getattr(self._fresh(longest), index).get(key)
        if found is None:
            found = getattr(self._fresh(min(longest, MISS_SECONDS)), index).get(key)
        return found

    def forget(self) -> None:
        """Makes the next lookup ask the database."""
        self._forgotten += 1
        self._checked = _NEVER

    def _fresh(self, seconds: float) -> _Copy:
        known = self._copy
        if known is not None and time.monotonic() - self._checked <= seconds:
            return known
        must_wait = known is None or self._checked == _NEVER
        if not self._lock.acquire(blocking=must_wait):
            return known  # type: ignore[return-value]  # somebody is looking; a moment more does not matter
        try:
            known = self._copy
            if known is not None and time.monotonic() - self._checked <= seconds:
                return known  # somebody looked while we waited
            return self._checked_copy(known)
        finally:
            self._lock.release()

    def _checked_copy(self, known: _Copy | None) -> _Copy:
        started, forgotten = time.monotonic(), self._forgotten
        with public_context():
            version = _version()
            if known is None or known.version != version:
                known = _load(version)
        self._copy = known
        if forgotten == self._forgotten:  # else it changed while we looked
            self._checked = started
        return known


def _version() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(_VERSION)
        organizations, domains = cursor.fetchone()
        return organizations, domains


def _load(version: tuple[str, str]) -> _Copy:
    everyone = list(Organization.objects.defer("migration_error").order_by())
    by_id = {organization.pk: organization for organization in everyone}
    hosts = Domain.objects.values_list("domain", "tenant_id")
    return _Copy(
        version=version,
        by_host={host: by_id[pk] for host, pk in hosts if pk in by_id},
        by_id=by_id,
        by_schema={organization.schema_name: organization for organization in everyone},
        by_slug={organization.slug: organization for organization in everyone},
    )
