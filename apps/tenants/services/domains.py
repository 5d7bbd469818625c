"""Own host names of organizations, beside ``<slug>.<BASE_DOMAIN>``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.common.actor import Actor
from apps.tenants.context import public_context
from apps.tenants.errors import DomainTaken, InvalidHost
from apps.tenants.hosts import is_domain_name, is_ip_address, is_shared_host, normal_host, own_host
from apps.tenants.locks import transaction_lock
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
    """Takes a host away. Needs ``platform.manage``; raises ``InvalidHost`` for the first and the slug's own."""
    require_platform(actor)
    if domain.is_primary:
        raise InvalidHost
    with public_context(), transaction.atomic():
        organization, name = domain.tenant, domain.domain
        if name == own_host(organization.slug):
            raise InvalidHost
        domain.delete()
        _announce("organization.domain_removed", actor, organization, name, now)


def domains_set(
    *, actor: Actor, organization: Organization, first: str | None, hosts: Sequence[str] | None, now: datetime
) -> None:
    """Gives an organization exactly these own hosts beside ``<slug>.<BASE_DOMAIN>``, and the first, that of links.

    None leaves what is there; ``first`` is added where it is missing. Needs ``platform.manage``. Raises
    ``InvalidHost``, ``DomainTaken``; in one transaction, so that a host that is refused leaves all as they were.
    """
    require_platform(actor)
    with public_context(), transaction.atomic():
        transaction_lock(f"domains {organization.pk}")
        known = {domain.domain: domain for domain in Domain.objects.filter(tenant=organization.pk)}
        wanted = {_known_as(host) for host in [*(hosts if hosts is not None else known), *filter(None, [first])]}
        wanted.add(own_host(organization.slug))
        for host in sorted(wanted - known.keys()):
            domain_add(actor=actor, organization=organization, host=host, now=now)
        kept = next((name for name, domain in known.items() if domain.is_primary and name in wanted), None)
        chosen = _known_as(first) if first else kept or own_host(organization.slug)
        _make_first(organization, chosen)
        for name in sorted(known.keys() - wanted):
            domain_remove(actor=actor, domain=Domain.objects.select_related("tenant").get(domain=name), now=now)
        transaction.on_commit(hosts_forget)


def _known_as(host: str) -> str:
    """As hosts are kept; what is no host, or has a port, as it is, to be refused."""
    return host if ":" in host else normal_host(host) or host


def _make_first(organization: Organization, host: str) -> None:
    others = Domain.objects.filter(tenant=organization.pk)
    others.exclude(domain=host).filter(is_primary=True).update(is_primary=False)
    others.filter(domain=host, is_primary=False).update(is_primary=True)


def _announce(event: str, actor: Actor, organization: Organization, host: str, now: datetime) -> None:
    organization_changed.send(
        sender=Organization, name=event, actor=actor, organization=organization, data={"host": host}, now=now
    )
    transaction.on_commit(hosts_forget)
