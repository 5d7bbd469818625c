"""Domains, and the services of one domain."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.portal.pages.door import PageRequest, page, show, text_of
from apps.portal.selectors.catalogue import own_runs, service_pulses, services_of_domain, shelves
from apps.portal.selectors.domains import domain_by_slug

SERVICES_ON_A_PAGE = 30
OWN_RUNS = 5


@require_safe
@page
def home(request: PageRequest) -> HttpResponse:
    """All domains with the first of their services, what a search finds, and one's own last runs."""
    search = text_of(request, "q")
    context = {
        "search": search,
        "shelves": shelves(actor=request.actor, search=search),
        "own_runs": [] if search else list(own_runs(actor=request.actor)[:OWN_RUNS]),
    }
    return show(request, "portal/home.html", context)


@require_safe
@page
def domain(request: PageRequest, slug: str) -> HttpResponse:
    """The services of a domain, and how each has been doing."""
    found, search = domain_by_slug(actor=request.actor, slug=slug), text_of(request, "q")
    services = services_of_domain(actor=request.actor, domain=found, search=search)
    part = Paginator(services, SERVICES_ON_A_PAGE).get_page(request.GET.get("page"))
    shown = list(part.object_list)
    pulses = service_pulses(actor=request.actor, services=shown, now=timezone.now())
    context = {
        "domain": found,
        "search": search,
        "part": part,
        "services": [(service, pulses.get(service.pk)) for service in shown],
    }
    return show(request, "portal/domain.html", context)
