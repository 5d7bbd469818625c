"""Who is at the pages: ``request.actor`` for admin and portal. The API builds its actor itself.

Pages count towards the same rate as the API: what may be done there, a script may do through forms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from rest_framework.permissions import SAFE_METHODS

from apps.accounts.authentication.pages import SupportVisitor, begun_kept, page_actor, support_in
from apps.accounts.selectors.second_factors import second_factor_missing
from apps.accounts.services.sessions import session_end_unused
from apps.common.actor import Actor
from apps.common.api.fallback import error_answer
from apps.common.api.responses import error_response
from apps.common.api.throttling import count_actor
from apps.common.errors import ApplicationError, ReadOnlyPreview
from apps.common.times import zone_named
from apps.common.trace import current_trace_id
from apps.tenants.selectors import organization_settings

SUPPORT_PAGES = ("/admin/", "/support/")
"""Where support is somebody: the portal's pages are about the people who use them."""
SECOND_FACTOR_GUARDS = ("/admin/", "/portal/")
SECOND_FACTOR_WAYS_OUT = frozenset({"/admin/logout/", "/portal/session/sign-out/"})


class ActorMiddleware:
    """Sets ``request.actor``; signs a browser out whose session of ours has ended meanwhile.

    Who looks around as a role sends no forms, but those that end it.
    """

    ways_out = frozenset({"/preview/stop", "/admin/logout", "/portal/session/sign-out", "/support/enter"})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if getattr(request, "organization", None) is not None and not request.path_info.startswith("/api/"):
            try:
                identify(request)
                self.count(request)
            except ApplicationError as error:
                return error_response(error)
            if self.only_looks(request):
                return error_answer(request, ReadOnlyPreview())
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """A sign-in that fails half way leaves no session behind: no browser gets its cookie."""
        session = begun_kept(request)
        if session is not None:
            session_end_unused(session=session, now=timezone.now())

    def only_looks(self, request: Any) -> bool:
        return (
            request.actor.previewing
            and request.method not in SAFE_METHODS
            and request.path_info.rstrip("/") not in self.ways_out
        )

    def count(self, request: Any) -> None:
        actor = request.actor
        if actor.is_authenticated:
            count_actor(actor)


def identify(request: Any) -> None:
    """Sets ``request.actor`` to who is behind the browser by now. Raises ``OrganizationInactive``."""
    actor = page_actor(request, now=timezone.now())
    if actor is not None and actor.support_id is not None:
        if request.path_info.startswith(SUPPORT_PAGES):
            request.user = SupportVisitor(actor.label)
        else:
            actor = None
    elif support_in(request) is not None:
        request.session.flush()
    if actor is None:
        if request.user.is_authenticated:
            logout(request)
        actor = Actor.anonymous(
            schema=request.organization.schema_name, ip=request.client_ip, trace_id=current_trace_id()
        )
    request.actor = actor


def ask_again(request: Any) -> HttpResponse | None:
    """Who sent a form that was long on its way, as they are by now: all that middleware asked when it began to come.

    Returns where they are led instead, if anywhere. Raises ``OrganizationInactive``.
    """
    identify(request)
    return led_to_second_factor(request)


def led_to_second_factor(request: Any) -> HttpResponse | None:
    """The way to the page of second factors, for whoever must set one up before anything else; None for others."""
    actor: Actor | None = getattr(request, "actor", None)
    path = request.path_info
    if actor is None or not path.startswith(SECOND_FACTOR_GUARDS) or path in SECOND_FACTOR_WAYS_OUT:
        return None
    if not second_factor_missing(actor):
        return None
    page = reverse("second-factor")
    if request.method in {"GET", "HEAD"}:
        page += f"?{urlencode({'next': request.get_full_path()})}"
    return HttpResponseRedirect(page)


class SecondFactorMiddleware:
    """Where an organization wants a second factor of its administrators, pages lead to it before anything else.

    The API refuses them in the same way, see :mod:`apps.accounts.authentication.http`. Who signs in with an issuer
    alone has no password here, and is left to that issuer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return led_to_second_factor(request) or self.get_response(request)


class LanguageMiddleware:
    """Pages speak the account's language, else the one that was chosen in this browser, else what the browser asks for.

    Django's own middleware has seen to the last two before anybody knew who is there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor: Actor | None = getattr(request, "actor", None)
        own = getattr(actor.user, "locale", "") if actor is not None else ""
        if own:
            try:
                translation.activate(translation.get_supported_language_variant(own))
            except LookupError:
                return self.get_response(request)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class ZoneMiddleware:
    """The back-office shows and takes times in the account's zone, or else in the organization's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None or not actor.is_authenticated or not request.path_info.startswith("/admin/"):
            return self.get_response(request)
        zone = zone_named(getattr(actor.user, "timezone", "")) or zone_named(organization_settings().timezone)
        with timezone.override(zone):
            return self.get_response(request)
