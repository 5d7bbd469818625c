"""Organizations: made with their schema, found by host, switched on and off."""

from __future__ import annotations

import itertools

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from apps.tenants.context import owner_context, public_context
from apps.tenants.models import Domain, Organization
from apps.tenants.naming import PLATFORM, PUBLIC
from apps.tenants.selectors import hosts_forget
from apps.tenants.services.provisioning import schema_create, schema_take, template_ensure
from apps.tenants.services.roles import platform_grants

RESERVED_SLUGS = frozenset({PLATFORM, PUBLIC, "www", "api", "admin", "static", "template", "localhost"})


def organization_create(*, name: str, slug: str | None = None) -> Organization:
    """Makes an organization with its schema and its host ``<slug>.<BASE_DOMAIN>``.

    The slug comes from the name and gets ``-1``, ``-2`` … when taken. No actor: this is how the first one comes to
    be; callers above record who asked.
    """
    schema, fingerprint = schema_take()
    base = slugify(slug or name)[:50].strip("-") or "organization"
    for suffix in itertools.count():
        candidate = base if suffix == 0 else f"{base}-{suffix}"
        if candidate in RESERVED_SLUGS:
            continue
        try:
            with public_context(), transaction.atomic():
                organization = Organization(
                    name=name, slug=candidate, schema_name=schema, schema_version=fingerprint
                )
                organization.save()
                Domain.objects.create(
                    domain=f"{candidate}.{settings.ENV.base_domain}", tenant=organization, is_primary=True
                )
        except IntegrityError:
            continue
        hosts_forget()
        return organization
    raise AssertionError("itertools.count() ended")


def platform_ensure() -> Organization:
    """The platform's own organization, in schema ``platform``; made on first use."""
    with public_context():
        found = Organization.objects.filter(schema_name=PLATFORM).first()
    if found is not None:
        return found
    template = template_ensure()
    schema_create(PLATFORM, template)
    platform_grants()
    with owner_context(), transaction.atomic():
        platform = Organization(
            name="Platform", slug=PLATFORM, schema_name=PLATFORM, schema_version=template.fingerprint
        )
        platform.save()
    return platform
