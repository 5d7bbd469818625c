"""Organizations: made with their schema, found by host, switched on and off."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.text import slugify

from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.tenants.context import owner_context, public_context, wrapper
from apps.tenants.errors import PlatformProtected
from apps.tenants.hosts import own_host
from apps.tenants.locks import transaction_lock
from apps.tenants.models import Domain, Organization
from apps.tenants.naming import PLATFORM, PUBLIC
from apps.tenants.rows import Rows
from apps.tenants.selectors import hosts_forget
from apps.tenants.services.provisioning import schema_create, schema_take, spare_take
from apps.tenants.services.templates import schema_fingerprint, template_ensure
from apps.tenants.signals import organization_changed, organization_created

RESERVED_SLUGS = frozenset(
    {PLATFORM, PUBLIC, "www", "api", "admin", "static", "template", "localhost", "mail", "status", "docs"}
)
_SLUG_LENGTH = 50  # leaves room for a suffix in a host's label of 63
_NUMBER = re.compile(r"(?:-\d+)+\Z")
_ORGANIZATIONS, _HOSTS = Organization._meta.db_table, Domain._meta.db_table
_ROWS = Rows(Organization)
_SLUGS = f"SELECT slug FROM {_ORGANIZATIONS} WHERE starts_with(slug, %s)"
_ADDED = f"""
    WITH organization AS ({_ROWS.insert} RETURNING id)
    INSERT INTO {_HOSTS} (domain, is_primary, tenant_id) SELECT %(domain)s, true, id FROM organization RETURNING id"""


def organization_create(*, name: str, slug: str | None = None) -> Organization:
    """Makes an organization with its schema and its host ``<slug>.<BASE_DOMAIN>``, in one transaction.

    The slug comes from the name and gets ``-1``, ``-2`` … when taken. No actor: this is how the first one comes to
    be; callers above record who asked.
    """
    fingerprint = schema_fingerprint()
    with owner_context():
        with transaction.atomic():
            if (spare := spare_take(fingerprint)) is not None:
                return _organization(name, slug or name, schema=spare, fingerprint=fingerprint)
        template = template_ensure()  # before the transaction: where it records one, others wait for that
        with transaction.atomic():
            schema = schema_take(template)
            return _organization(name, slug or name, schema=schema, fingerprint=fingerprint)


def _organization(name: str, wanted: str, *, schema: str, fingerprint: str) -> Organization:
    slug = _free_slug(wanted)
    organization = Organization(name=name, slug=slug, schema_name=schema, schema_version=fingerprint)
    wrapper().ask(_ADDED, _ROWS.values(organization) | {"domain": own_host(slug)})
    _ROWS.stored(organization)
    transaction.on_commit(hosts_forget)
    told = partial(organization_created.send, sender=Organization, organization=organization)
    transaction.on_commit(told, robust=True)
    hosts_forget()
    return organization


def _free_slug(wanted: str) -> str:
    """The slug itself or the next number after those taken, in one query; nobody else looks until we commit."""
    base = slugify(wanted).replace("_", "-")[:_SLUG_LENGTH].strip("-") or "organization"  # hosts have no underscores
    transaction_lock(f"slug {_NUMBER.sub('', base)}")  # "same-1" may be wanted itself, or be the next of "same"
    taken = {slug for (slug,) in wrapper().ask(_SLUGS, [base])}
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


def organization_suspend(*, actor: Actor, organization: Organization, now: datetime) -> Organization:
    """Switches an organization off: its requests are refused from the next one on, its data stay.

    Needs ``platform.manage``. Raises ``PermissionDenied``, and ``PlatformProtected`` for the platform itself.
    """
    if organization.schema_name == PLATFORM:
        raise PlatformProtected
    return _switch(actor, organization, is_active=False, event="organization.suspended", now=now)


def organization_activate(*, actor: Actor, organization: Organization, now: datetime) -> Organization:
    """Switches a suspended organization on again. Needs ``platform.manage``; raises ``PermissionDenied``."""
    return _switch(actor, organization, is_active=True, event="organization.activated", now=now)


def _switch(actor: Actor, organization: Organization, *, is_active: bool, event: str, now: datetime) -> Organization:
    require_platform(actor)
    with public_context(), transaction.atomic():
        changed = Organization.objects.filter(pk=organization.pk).exclude(is_active=is_active)
        since = None if is_active else now
        if changed.update(is_active=is_active, suspended_at=since, updated_at=now):
            organization_changed.send(
                sender=Organization, name=event, actor=actor, organization=organization, data={}, now=now
            )
            transaction.on_commit(hosts_forget)
        return Organization.objects.get(pk=organization.pk)


def require_platform(actor: Actor) -> None:
    """Raises ``PermissionDenied`` unless the actor manages the platform, and does so from there."""
    if actor.schema != PLATFORM or not actor.holds("platform.manage"):
        raise PermissionDenied
