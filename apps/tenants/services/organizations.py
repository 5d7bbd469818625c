"""Organizations: made with their schema, found by host, switched on and off."""

from __future__ import annotations

import re

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from apps.tenants.context import owner_context
from apps.tenants.locks import transaction_lock
from apps.tenants.models import Domain, Organization
from apps.tenants.naming import PLATFORM, PUBLIC
from apps.tenants.selectors import hosts_forget
from apps.tenants.services.provisioning import schema_create, schema_take
from apps.tenants.services.templates import template_ensure
from apps.tenants.signals import organization_created

RESERVED_SLUGS = frozenset(
    {PLATFORM, PUBLIC, "www", "api", "admin", "static", "template", "localhost", "mail", "status", "docs"}
)
_SLUG_LENGTH = 50  # leaves room for a suffix in a host's label of 63


def organization_create(*, name: str, slug: str | None = None) -> Organization:
    """Makes an organization with its schema and its host ``<slug>.<BASE_DOMAIN>``, in one transaction.

    The slug comes from the name and gets ``-1``, ``-2`` … when taken. No actor: this is how the first one comes to
    be; callers above record who asked.
    """
    template = template_ensure()
    with owner_context(), transaction.atomic():
        schema = schema_take(template)
        organization = Organization(
            name=name, slug=_free_slug(slug or name), schema_name=schema, schema_version=template.fingerprint
        )
        organization.save(force_insert=True)
        host = f"{organization.slug}.{settings.ENV.base_domain}"
        Domain.objects.create(domain=host, tenant=organization, is_primary=True)
        transaction.on_commit(hosts_forget)
        transaction.on_commit(lambda: organization_created.send(sender=Organization, organization=organization))
    hosts_forget()
    return organization


def _free_slug(wanted: str) -> str:
    """The slug itself or the next number after those taken, in one query; nobody else looks until we commit."""
    base = slugify(wanted)[:_SLUG_LENGTH].strip("-_") or "organization"
    base = base.replace("_", "-")  # not allowed in host names
    transaction_lock(f"slug {base}")
    taken = set(Organization.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken | RESERVED_SLUGS:
        return base
    numbered = re.compile(re.escape(base) + r"-(\d{1,9})\Z")
    numbers = [int(found.group(1)) for slug in taken if (found := numbered.match(slug))]
    return f"{base}-{max(numbers, default=0) + 1}"


def platform_ensure() -> Organization:
    """The platform's own organization, in schema ``platform``; made on first use. No actor: part of the migrations."""
    template = template_ensure()
    with owner_context(), transaction.atomic():
        transaction_lock(PLATFORM)
        found = Organization.objects.filter(schema_name=PLATFORM).first()
        if found is not None:
            return found
        schema_create(PLATFORM, template)
        platform = Organization(
            name="Platform", slug=PLATFORM, schema_name=PLATFORM, schema_version=template.fingerprint
        )
        platform.save(force_insert=True)
        return platform
