"""Domains as an actor sees them: those it was granted, and those with a service it may read."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.common.actor import Actor
from apps.portal.errors import DomainNotFound
from apps.portal.models import Domain, Service
from apps.portal.permissions import READ, scope_somewhere, services_filter


def domains_visible(*, actor: Actor) -> QuerySet[Domain]:
    """Return the domains the actor may see. Raises 401 and 403 like every selector."""
    scope = scope_somewhere(actor, READ)
    if scope.everywhere:
        return Domain.objects.all()
    holding = Service.objects.filter(services_filter(scope)).values("domain_id")
    return Domain.objects.filter(Q(pk__in=scope.ids) | Q(pk__in=holding))


def domains_list(*, actor: Actor, search: str = "") -> QuerySet[Domain]:
    """Return the visible domains by name; `search` looks into name, slug and description."""
    domains = domains_visible(actor=actor)
    if search:
        found = Q(name__icontains=search) | Q(slug__icontains=search) | Q(description__icontains=search)
        domains = domains.filter(found)
    return domains


def domain_get(*, actor: Actor, domain_id: UUID) -> Domain:
    """Return one domain, or raise `DomainNotFound` also where the actor may not see it."""
    return _one(domains_visible(actor=actor).filter(pk=domain_id))


def domain_by_slug(*, actor: Actor, slug: str) -> Domain:
    """Return the domain with this slug, or raise `DomainNotFound`."""
    return _one(domains_visible(actor=actor).filter(slug=slug))


def _one(domains: QuerySet[Domain]) -> Domain:
    domain = domains.first()
    if domain is None:
        raise DomainNotFound
    return domain
