"""Finding organizations: by host, id, schema or slug, from the copy kept in process."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.tenants.context import owner_context, public_context
from apps.tenants.hosts import is_shared_host
from apps.tenants.models import Organization
from apps.tenants.naming import PLATFORM
from apps.tenants.registry import Registry

__all__ = [
    "hosts_forget",
    "is_shared_host",
    "organization_by_host",
    "organization_by_id",
    "organization_by_schema",
    "organization_by_slug",
    "organizations_all",
    "platform",
    "schema_sizes",
]
_registry = Registry()


def hosts_forget() -> None:
    """Makes this process look at the organizations again; others do so within ORGANIZATION_CACHE_SECONDS."""
    _registry.forget()


def organization_by_host(host: str) -> Organization | None:
    """The organization of a host name (in the form of ``hosts.normal_host``), or None."""
    return _registry.find("by_host", host)


def organization_by_id(organization_id: UUID | str) -> Organization | None:
    """The organization with this id, or None."""
    try:
        return _registry.find("by_id", UUID(str(organization_id)))
    except ValueError:
        return None


def organization_by_schema(schema: str) -> Organization | None:
    """The organization of a schema, or None."""
    return _registry.find("by_schema", schema)


def organization_by_slug(slug: str) -> Organization | None:
    """The organization with this slug, or None."""
    return _registry.find("by_slug", slug)


def platform() -> Organization | None:
    """The platform's own organization."""
    return organization_by_schema(PLATFORM)


def organizations_all() -> list[Organization]:
    """Every organization but the platform, by name, read afresh."""
    with public_context():
        return list(Organization.objects.exclude(schema_name=PLATFORM))


def schema_sizes() -> dict[str, int]:
    """Bytes on disk by schema, indexes and TOAST included."""
    with owner_context(), connection.cursor() as cursor:
        cursor.execute(
            """SELECT n.nspname, sum(pg_total_relation_size(c.oid))::bigint
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'm') AND (n.nspname ~ '^t_[0-9a-f]{12}$' OR n.nspname = 'platform')
               GROUP BY n.nspname"""
        )
        return dict(cursor.fetchall())
