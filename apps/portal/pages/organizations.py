"""The portal on the host that all share: it asks whose portal is meant, and leads there."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.common.middleware.headers import pages_policy
from apps.portal.pages.door import text_of
from apps.tenants.hosts import own_host
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import organization_by_slug


@require_safe
def choose(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Asks for an organization; goes on to the same page of its own host."""
    given = text_of(request, "organization", longest=63).lower()
    organization = organization_by_slug(given) if given else None
    if organization is not None and organization.schema_name != PLATFORM:
        return HttpResponseRedirect(f"{_address(request, own_host(organization.slug))}/portal/{rest}")
    context = {"given": given, "unknown": bool(given), "suffix": own_host("").removeprefix(".")}
    status = HTTPStatus.NOT_FOUND if given else HTTPStatus.OK
    response = render(request, "portal/choose.html", context, status=status)
    response.headers["Content-Security-Policy"] = pages_policy(targets=_address(request, own_host("*")))
    return response


def _address(request: HttpRequest, host: str) -> str:
    """Another host, by the scheme and port that this request came by."""
    port = split_domain_port(request.get_host())[1]
    return f"{request.scheme}://{host}" + (f":{port}" if port else "")
