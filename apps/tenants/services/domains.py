"""Own host names of organizations, beside ``<slug>.<BASE_DOMAIN>``."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.common.actor import Actor
from apps.tenants.context import public_context
from apps.tenants.errors import DomainTaken, InvalidHost
from apps.tenants.hosts import is_domain_name, is_ip_address, is_shared_host, normal_host
from apps.tenants.models import Domain, Organization
from apps.tenants.selectors import hosts_forget
from apps.tenants.services.organizations import require_platform
from apps.tenants.signals import organization_changed


def domain_add(*, actor: Actor, organization: Organization, host: str, now: datetime) -> Domain:
    """Lets a host lead to an organization; it is kept in lower case and in ASCII.

    Needs ``platform.manage``. Raises ``InvalidHost`` for addresses, malformed names and names of the shared host or
    below it, which belong to slugs; ``DomainTaken`` for one in use.
    """
    require_platform(actor)
    name = normal_host(host)
    base = settings.ENV.base_domain.lower()
    if name is None or is_ip_address(name) or is_shared_host(name) or name.endswith(f".{base}") or ":" in host:
        raise InvalidHost
    if not is_domain_name(name) or "." not in name:
        raise InvalidHost
    with public_context(), transaction.atomic():
        try:
            with transaction.atomic():
                domain = Domain(domain=name, tenant=organization, is_primary=False)
                domain.save(force_insert=True)
        except IntegrityError as error:
            raise DomainTaken from error
        _announce("organization.domain_added", actor, organization, name, now)
    return domain


def domain_remove(*, actor: Actor, domain: Domain, now: datetime) -> None:
    """Takes a host away. Needs ``platform.manage``; raises ``InvalidHost`` for the organization's own first host."""
    require_platform(actor)
    if domain.is_primary:
        raise InvalidHost
    with public_context(), transaction.atomic():
        organization, name = domain.tenant, domain.domain
        domain.delete()
        _announce("organization.domain_removed", actor, organization, name, now)


def _announce(event: str, actor: Actor, organization: Organization, host: str, now: datetime) -> None:
    organization_changed.send(
        sender=Organization, name=event, actor=actor, organization=organization, data={"host": host}, now=now
    )
    transaction.on_commit(hosts_forget)
