"""Services as an actor sees them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.portal.errors import ServiceNotFound
from apps.portal.models import Service
from apps.portal.permissions import READ, scope_somewhere, services_filter
from apps.robots.models import Robot


def services_visible(*, actor: Actor) -> QuerySet[Service]:
    """Return the services the actor may see, with domain and robot."""
    scope = scope_somewhere(actor, READ)
    return Service.objects.filter(services_filter(scope)).select_related("domain", "robot")


def services_list(
    *, actor: Actor, domain_id: UUID | None = None, enabled_only: bool = False, search: str = ""
) -> QuerySet[Service]:
    """Return the visible services, narrowed; `search` looks into title and description."""
    services = services_visible(actor=actor)
    if domain_id is not None:
        services = services.filter(domain_id=domain_id)
    if enabled_only:
        services = services.filter(enabled=True)
    if search:
        services = services.filter(Q(title__icontains=search) | Q(description__icontains=search))
    return services


def services_to_choose_from(*, actor: Actor) -> QuerySet[Service]:
    """Return the visible services by domain and title; none for who may see none."""
    try:
        return services_visible(actor=actor).order_by("domain__name", "title", "pk")
    except PermissionDenied:
        return Service.objects.none()


def service_get(*, actor: Actor, service_id: UUID) -> Service:
    """Return one service, or raise `ServiceNotFound` also where the actor may not see it."""
    service = services_visible(actor=actor).filter(pk=service_id).first()
    if service is None:
        raise ServiceNotFound
    return service


def services_using(robot: Robot) -> list[str]:
    """Name the services that still offer a robot. No actor: robots ask before they archive one."""
    return list(Service.objects.filter(robot=robot).order_by("title").values_list("title", flat=True))
