"""The door of every page: lets in who has signed in, and turns refusals into pages of the same looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.accounts.permissions import allowed
from apps.common.actor import Actor
from apps.common.api.responses import error_headers
from apps.common.errors import ApplicationError, NotFound, Unauthorized
from apps.common.middleware.headers import pages_policy
from apps.common.times import zone_named
from apps.common.trace import current_trace_id
from apps.portal.permissions import MANAGE
from apps.tenants.branding import branding_of
from apps.tenants.models import Organization
from apps.tenants.selectors import organization_settings

P = ParamSpec("P")
View = Callable[Concatenate["PageRequest", P], HttpResponse]


class PageRequest(HttpRequest):
    """A request after the middleware: in an organization, from somebody."""

    actor: Actor
    organization: Organization
    client_ip: str | None


def page(view: View[P]) -> Callable[..., HttpResponse]:
    """Makes a view a page for people who have signed in."""

    @wraps(view)
    def guarded(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.actor.is_authenticated:
            return _to_sign_in(request)
        try:
            return view(request, *args, **kwargs)
        except Unauthorized:
            return _to_sign_in(request)
        except ApplicationError as error:
            return refused(request, error)

    return guarded


def posted(to: str, *kept: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Makes a view one that a form of the page ``to`` is sent to, whose address has the parts ``kept`` of the view's.

    It may draw that page again with what was refused: who comes back to its address then, as after choosing a
    language, is led to the page.
    """

    def made(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            return HttpResponseRedirect(reverse(to, kwargs={name: kwargs[name] for name in kept}))

        return guarded

    return made


def show(
    request: PageRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """A page in the organization's looks and the reader's zone; nobody on the way keeps it."""
    brand, actor = branding_of(request.organization), request.actor
    frame = {
        "brand": brand,
        "actor": actor,
        "home": reverse("portal:home"),
        "zone": _zone(actor),
        "may_manage": actor.is_authenticated and allowed(actor, MANAGE),
    }
    response = render(request, template, {**frame, **(context or {})}, status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = pages_policy(images=brand.logo_url)
    return response


def refused(request: PageRequest, error: ApplicationError) -> HttpResponse:
    """What was refused, said in a page; what somebody may not see is simply not there."""
    context = {"error": error, "trace_id": current_trace_id()}
    response = show(request, "portal/refused.html", context, status=error.status)
    for name, value in error_headers(error).items():
        response.headers[name] = value
    return response


@page
def nowhere(request: PageRequest, rest: str) -> HttpResponse:
    """Any address of the portal that leads nowhere."""
    raise NotFound


def zone_of(actor: Actor) -> ZoneInfo:
    """The zone of the account, or else of the organization."""
    return _zone(actor) or ZoneInfo(organization_settings().timezone)


def _zone(actor: Actor) -> ZoneInfo | None:
    return zone_named(getattr(actor.user, "timezone", ""))


def _to_sign_in(request: PageRequest) -> HttpResponseRedirect:
    wanted = request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("portal:home")
    return HttpResponseRedirect(f"{reverse('portal:sign-in')}?{urlencode({'next': wanted})}")


def text_of(request: HttpRequest, name: str, *, longest: int = 200) -> str:
    """A word of the query as it may be searched for: printable, trimmed, of bounded length."""
    given = request.GET.get(name, "")
    return "".join(character for character in given if character.isprintable()).strip()[:longest]
