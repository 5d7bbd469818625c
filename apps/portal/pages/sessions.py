"""Signing in and out of the portal, under the same limits, lock and ledger as everywhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.forms import SignInForm
from apps.common.middleware.headers import forgotten
from apps.portal.pages.door import show


@sensitive_post_parameters("password", "code", "step")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: Any) -> HttpResponse:
    """The form, and the way on to where somebody wanted to go."""
    target = _target(request)
    if request.actor.is_authenticated:
        return HttpResponseRedirect(target)
    form = SignInForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return HttpResponseRedirect(target)
    status = HTTPStatus.BAD_REQUEST if form.is_bound and not form.asks_for_code else HTTPStatus.OK
    return show(request, "portal/sign_in.html", {"form": form, "next": target}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session, here, in the list of sessions, and in what the browser kept."""
    logout(request)
    return forgotten(HttpResponseRedirect(reverse("portal:sign-in")))


def _target(request: HttpRequest) -> str:
    """Where to go on to: a page of this host, or the portal's first."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else reverse("portal:home")
