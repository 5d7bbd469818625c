"""Who may do what in the catalogue.

A grant of `service.*` may stand on the service, on its domain, or on a tag of its robot.
"""

from __future__ import annotations

from django.db.models import Q

from apps.accounts.permissions import Scope, scope_of
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, Unauthorized
from apps.portal.models import Domain, Service

READ, RUN, MANAGE = "service.read", "service.run", "service.manage"


def scope_somewhere(actor: Actor, action: str) -> Scope:
    """Return where the actor may do the action. Raises 401 for nobody known and 403 where it may nowhere."""
    if not actor.is_authenticated:
        raise Unauthorized
    scope = scope_of(actor, action)
    if scope.nowhere:
        raise PermissionDenied
    return scope


def services_filter(scope: Scope, *, prefix: str = "") -> Q:
    """Narrow services to a scope; `prefix` leads to them from another model (`"services__"`)."""
    if scope.everywhere:
        return Q()
    matching = Q(**{f"{prefix}pk__in": scope.ids}) | Q(**{f"{prefix}domain_id__in": scope.ids})
    return matching | Q(**{f"{prefix}robot__tags__overlap": list(scope.tags)}) if scope.tags else matching


def require_service(actor: Actor, action: str, service: Service) -> None:
    """Raise 401 or 403 unless the actor may do the action on this service."""
    if not scope_somewhere(actor, action).covers(service):
        raise PermissionDenied


def require_domain(actor: Actor, action: str, domain: Domain | None) -> None:
    """Raise 401 or 403 unless the actor may do the action on this domain; with None, everywhere (a new domain)."""
    scope = scope_somewhere(actor, action)
    if not (scope.everywhere if domain is None else scope.covers(domain)):
        raise PermissionDenied
