"""Finding organizations: by host, id, schema or slug, from the copy kept in process; and what they have set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Q

from apps.tenants.calendars import Holiday, HolidayCalendar
from apps.tenants.context import owner_context, public_context, require_tenant, tenant_context
from apps.tenants.hosts import is_shared_host, shared_url
from apps.tenants.models import Domain, MigrationState, Organization, OrganizationSettings
from apps.tenants.naming import PLATFORM, SCHEMA_NAME
from apps.tenants.registry import Registry

__all__ = [
    "OrganizationCounts",
    "holiday_calendar",
    "holidays_between",
    "hosts_forget",
    "is_shared_host",
    "organization_by_host",
    "organization_by_id",
    "organization_by_schema",
    "organization_by_slug",
    "organization_counts",
    "organization_current",
    "organization_name",
    "organization_settings",
    "organization_settings_now",
    "organization_title",
    "organization_url",
    "organizations_all",
    "people_counts",
    "platform",
    "schema_sizes",
    "settings_forget",
]
PRODUCT = "Oficina"
_registry = Registry()
_SETTINGS = "organization_settings"


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


def organization_name(schema: str) -> str:
    """What people call the organization of a schema; the schema itself where the organization is gone."""
    organization = organization_by_schema(schema)
    return organization.name if organization is not None else schema


def organization_by_slug(slug: str) -> Organization | None:
    """The organization with this slug, or None."""
    return _registry.find("by_slug", slug)


def platform() -> Organization | None:
    """The platform's own organization."""
    return organization_by_schema(PLATFORM)


def organization_title(organization: Organization) -> str:
    """What people call an organization; to them, the platform is the product itself."""
    return PRODUCT if organization.schema_name == PLATFORM else organization.name


def organization_url(organization: Organization) -> str:
    """How browsers reach an organization, for links: its first host with the scheme and port of PUBLIC_URL.

    Never what a request's ``Host`` header said, which anybody may write.
    """
    if organization.schema_name == PLATFORM:
        return shared_url()
    with public_context():
        host = Domain.objects.get(tenant=organization.pk, is_primary=True).domain
    shared = urlsplit(shared_url())
    return f"{shared.scheme}://{host}" + (f":{shared.port}" if shared.port else "")


def organizations_all() -> list[Organization]:
    """Every organization but the platform, by name, read afresh."""
    with public_context():
        return list(Organization.objects.exclude(schema_name=PLATFORM))


@dataclass(frozen=True, slots=True)
class OrganizationCounts:
    """How many organizations work, how many are kept from it, and to how many a deployment has not come."""

    in_use: int
    suspended: int
    behind: int
    failed: int


def organization_counts(*, version: str) -> OrganizationCounts:
    """Counts of all organizations but the platform; ``version`` is the fingerprint of a schema that is current."""
    failed = Q(migration_state=MigrationState.FAILED)
    counts = {
        "in_use": Q(is_active=True),
        "suspended": Q(is_active=False),
        "behind": ~Q(schema_version=version) & ~failed,
        "failed": failed,
    }
    with public_context():
        others = Organization.objects.exclude(schema_name=PLATFORM)
        found = others.aggregate(**{name: Count("pk", filter=which) for name, which in counts.items()})
    return OrganizationCounts(**found)


def organization_current() -> Organization:
    """The organization at work, read afresh, with its hosts and its settings: two queries."""
    schema = require_tenant()
    with public_context():  # organizations see no hosts, not even their own
        everything = Organization.objects.select_related("stored_settings").prefetch_related("domains")
        return everything.get(schema_name=schema)


def organization_settings() -> OrganizationSettings:
    """What the current organization has set, or the defaults.

    Kept for ORGANIZATION_CACHE_SECONDS; a change shows at once in the process that made it, in others by then.
    """
    found: OrganizationSettings | None = cache.get(_SETTINGS)
    if found is None:
        found = organization_settings_now()
        cache.set(_SETTINGS, found, settings.ENV.organization_cache_seconds)
    return found


def organization_settings_now() -> OrganizationSettings:
    """What the current organization has set, or the defaults, read afresh."""
    schema = require_tenant()
    stored = OrganizationSettings.objects.filter(organization_id=schema).first()
    return stored or OrganizationSettings(organization_id=schema)


def settings_forget(schema: str) -> None:
    """Makes this process read an organization's settings again."""
    with tenant_context(schema):
        cache.delete(_SETTINGS)


def holiday_calendar() -> HolidayCalendar:
    """The days on which the current organization rests, to be asked day by day."""
    return organization_settings().calendar


def holidays_between(*, first: date, last: date) -> list[Holiday]:
    """The current organization's days of rest, its own and its country's, from ``first`` to ``last`` in order."""
    return holiday_calendar().between(first, last)


def people_counts(schemas: Iterable[str]) -> dict[str, int]:
    """How many people each of these organizations has, in one statement."""
    known = [schema for schema in schemas if SCHEMA_NAME.match(schema)]
    table = connection.ops.quote_name(get_user_model()._meta.db_table)
    if not known:
        return {}
    counts = (f'SELECT %s, count(*) FROM "{schema}".{table}' for schema in known)
    with owner_context(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts), known)
        return dict(cursor.fetchall())


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
