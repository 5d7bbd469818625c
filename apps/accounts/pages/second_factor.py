"""One's own second factor: a device is set up or given up, recovery codes are made anew.

The same page on every host, for the people of portal and back-office alike. What is secret stands in the answer to a
form, once, and is kept nowhere on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import segno
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.errors import WrongCode, WrongPassword
from apps.accounts.pages.forms import CodeForm, ProofForm, SecondFactorBeginForm
from apps.accounts.pages.views import frame, shown
from apps.accounts.payloads import Client, Enrolment
from apps.accounts.selectors.second_factors import second_factor_state
from apps.accounts.services.second_factors import (
    recovery_codes_renew,
    second_factor_begin,
    second_factor_confirm,
    second_factor_disable,
)
from apps.common.errors import ApplicationError

View = Callable[[Any], HttpResponseBase]
_GROUP = 4
_FIELDS: dict[type[ApplicationError], str] = {WrongPassword: "password", WrongCode: "code"}


def signed_in(view: View) -> View:
    """For people who have signed in; others do so first."""

    @wraps(view)
    def guarded(request: Any) -> HttpResponseBase:
        if request.actor.type != "user":
            return HttpResponseRedirect(frame(request)["sign_in"])
        return view(request)

    return guarded


@require_safe
@signed_in
def overview(request: Any) -> HttpResponseBase:
    """Whether there is one, and what can be done about it."""
    return _drawn(request)


@sensitive_post_parameters("password")
@sensitive_variables()
@require_POST
@signed_in
def begin(request: Any) -> HttpResponseBase:
    """Shows the secret of a new device, as a picture and for typing, and asks for its first code."""
    form = SecondFactorBeginForm(request.POST)
    if not form.is_valid():
        return _drawn(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        enrolment = second_factor_begin(
            actor=request.actor, password=form.cleaned_data["password"], client=_client(request), now=timezone.now()
        )
    except ApplicationError as error:
        return _refused(request, form, error)
    return _asked(request, CodeForm(), enrolment)


@sensitive_post_parameters("code")
@require_POST
@signed_in
def confirm(request: Any) -> HttpResponseBase:
    """Takes the first code of the device, and shows the recovery codes."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _asked(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        codes = second_factor_confirm(actor=request.actor, code=form.cleaned_data["code"], now=timezone.now())
    except WrongCode as error:
        form.add_error("code", str(error.detail))
        return _asked(request, form, status=error.status)
    except ApplicationError as error:
        return _refused(request, form, error)
    return _told(request, codes)


@sensitive_post_parameters("password", "code")
@require_POST
@signed_in
def disable(request: Any) -> HttpResponseBase:
    """Gives the device up."""

    def call(given: dict[str, Any]) -> HttpResponseBase:
        second_factor_disable(**given)
        return HttpResponseRedirect(_address(request))

    return _proved(request, call)


@sensitive_post_parameters("password", "code")
@require_POST
@signed_in
def codes(request: Any) -> HttpResponseBase:
    """Shows new recovery codes."""
    return _proved(request, lambda given: _told(request, recovery_codes_renew(**given)))


def _proved(request: Any, call: Callable[[dict[str, Any]], HttpResponseBase]) -> HttpResponseBase:
    """Calls with password and code, where both were given; the form again, with why, where they are refused."""
    form = ProofForm(request.POST)
    if not form.is_valid():
        return _drawn(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    given = {**form.cleaned_data, "actor": request.actor, "client": _client(request), "now": timezone.now()}
    try:
        return call(given)
    except ApplicationError as error:
        return _refused(request, form, error)


def _refused(request: Any, form: Any, error: ApplicationError) -> HttpResponseBase:
    """The page with what the service says: at the field it is about, or above a fresh form of what can be done now."""
    field = _FIELDS.get(type(error))
    if field is None:
        return _drawn(request, error=error, status=error.status)
    form.add_error(field, str(error.detail))
    return _drawn(request, form, status=error.status)


def _drawn(
    request: Any, form: Any = None, *, error: ApplicationError | None = None, status: int = HTTPStatus.OK
) -> HttpResponseBase:
    state = second_factor_state(actor=request.actor)
    fresh = ProofForm() if state.enabled else SecondFactorBeginForm()
    context = {"state": state, "form": form if isinstance(form, type(fresh)) else fresh, "error": error}
    return shown(request, "accounts/pages/second_factor.html", context | _way(request), status=status)


def _asked(
    request: Any, form: CodeForm, enrolment: Enrolment | None = None, *, status: int = HTTPStatus.OK
) -> HttpResponseBase:
    """Asks for the first code; the secret is shown once, and after a wrong code the device has it already."""
    context: dict[str, Any] = {"form": form}
    if enrolment is not None:
        secret = enrolment.secret
        context["secret"] = " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))
        context["address"] = enrolment.otpauth_uri
        context["picture"] = segno.make(enrolment.otpauth_uri, error="m").svg_data_uri(scale=5, light="#fff")
    return shown(request, "accounts/pages/second_factor_code.html", context | _way(request), status=status)


def _told(request: Any, recovery_codes: list[str]) -> HttpResponseBase:
    return shown(request, "accounts/pages/recovery_codes.html", {"codes": recovery_codes} | _way(request))


def _way(request: Any) -> dict[str, Any]:
    """Where somebody wanted to go, a page of this host, or the first one."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=hosts, require_https=request.is_secure())
    return {"target": wanted if safe else frame(request)["sign_in"], "email": request.actor.user.email}


def _address(request: Any) -> str:
    return f"{reverse('second-factor')}?{urlencode({'next': _way(request)['target']})}"


def _client(request: Any) -> Client:
    return Client(ip=request.client_ip, device=request.headers.get("User-Agent", ""))
