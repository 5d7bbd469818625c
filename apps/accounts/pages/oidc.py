"""Signing in with the organization's issuer: the browser goes there, comes back here, and on to where it wanted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET

from apps.accounts.authentication.pages import others_out
from apps.accounts.backends import PATH
from apps.accounts.oidc.flow import CALLBACK, LIFE
from apps.accounts.pages.views import shown
from apps.accounts.payloads import Client
from apps.accounts.services.oidc_sign_in import oidc_flow_begin, oidc_flow_finish
from apps.common.api.responses import error_headers
from apps.common.errors import ApplicationError, TooManyRequests

COOKIE = f"{settings.COOKIE_PREFIX}oidc"
_PORTAL = "/portal/"


def begun(request: HttpRequest, *, target: str, now: datetime) -> HttpResponseBase:
    """Sends the browser to the issuer; what it needs to come back is in a cookie for the way back alone.

    Lax, because it comes back from another site.
    """
    here = request.build_absolute_uri(CALLBACK)
    flow = oidc_flow_begin(redirect_uri=here, target=_safe(request, target), client=_client(request), now=now)
    response = HttpResponseRedirect(flow.address)
    response.set_cookie(
        COOKIE,
        flow.kept,
        max_age=LIFE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@never_cache
@require_GET
@sensitive_variables()
def callback(request: Any) -> HttpResponseBase:
    """Signs in who comes back from the issuer, with a session and a key of it that nobody knew before."""
    try:
        user: Any
        user, target = oidc_flow_finish(
            kept=request.COOKIES.get(COOKIE, ""),
            query=request.GET.dict(),
            client=_client(request),
            now=timezone.now(),
        )
    except ApplicationError as error:
        again = isinstance(error, TooManyRequests)  # the issuer's code is not spent: loading this again will do
        told = {"error": error, "again": again}
        response = shown(request, "accounts/pages/not_signed_in.html", told, status=error.status)
        for name, value in error_headers(error).items():
            response.headers[name] = value
        if again:
            return response
    else:
        others_out(request, user)
        login(request, user, backend=PATH)
        response = HttpResponseRedirect(_safe(request, target))
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


def _safe(request: HttpRequest, target: str) -> str:
    """A page of this host, or the portal's first."""
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=request.is_secure())
    return target if safe else _PORTAL


def _client(request: Any) -> Client:
    return Client(ip=request.client_ip, device=request.headers.get("User-Agent", ""))
