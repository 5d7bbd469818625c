"""Finding organizations: by host, by id; kept in process for a few seconds."""

from __future__ import annotations

import time
from uuid import UUID

from django.conf import settings

from apps.tenants.context import public_context
from apps.tenants.models import Organization
from apps.tenants.naming import PLATFORM

_cache: dict[str, tuple[float, Organization | None]] = {}
_MAXIMUM = 10_000


def hosts_forget() -> None:
    """Empties this process's cache of organizations."""
    _cache.clear()


def _cached(key: str, **lookup: object) -> Organization | None:
    now = time.monotonic()
    hit = _cache.get(key)
    if hit is not None and hit[0] > now:
        return hit[1]
    with public_context():
        found = Organization.objects.filter(**lookup).first()
    if len(_cache) >= _MAXIMUM:
        _cache.clear()
    _cache[key] = now + settings.ENV.organization_cache_seconds, found
    return found


def organization_by_host(host: str) -> Organization | None:
    """The organization of a host name (no port), or None."""
    return _cached(f"host:{host}", domains__domain=host)


def organization_by_id(organization_id: UUID | str) -> Organization | None:
    """The organization with this id, or None."""
    return _cached(f"id:{organization_id}", id=organization_id)


def organization_by_schema(schema: str) -> Organization | None:
    """The organization of a schema, or None."""
    return _cached(f"schema:{schema}", schema_name=schema)


def organization_by_slug(slug: str) -> Organization | None:
    """The organization with this slug, or None."""
    return _cached(f"slug:{slug}", slug=slug)


def platform() -> Organization | None:
    """The platform's own organization."""
    return organization_by_schema(PLATFORM)


def is_shared_host(host: str) -> bool:
    """Whether a host serves all organizations, by credentials, and the platform itself."""
    return host == settings.ENV.base_domain or host in settings.ENV.shared_hosts


def organizations_all() -> list[Organization]:
    """Every organization but the platform, by name."""
    with public_context():
        return list(Organization.objects.exclude(schema_name=PLATFORM))


