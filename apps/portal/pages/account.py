"""One's own account: name, language and zone, password, and where one is signed in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.errors import AccountLocked, WrongPassword
from apps.accounts.pages.forms import ChangePasswordForm, EndSessionForm, ProfileForm
from apps.accounts.payloads import Client
from apps.accounts.selectors.sessions import session_own_get, sessions_own
from apps.accounts.services.passwords import password_change
from apps.accounts.services.profile import profile_update
from apps.accounts.services.sessions import session_end_with_password
from apps.common.errors import ApplicationError, InvalidInput
from apps.portal.pages.door import PageRequest, page, posted, show

SESSIONS_ON_A_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@page
def account(request: PageRequest) -> HttpResponse:
    """All of it; sent, name, language and zone are changed."""
    if request.method != "POST":
        return _drawn(request)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _drawn(request, profile=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        profile_update(actor=request.actor, changes=form.cleaned_data, now=timezone.now())
    except InvalidInput as error:
        return _drawn(request, profile=refused(form, error), status=error.status)
    return _done(request, _("Your account was changed."))


@sensitive_post_parameters("current_password", "new_password", "again")
@posted("portal:account")
@page
def password(request: PageRequest) -> HttpResponse:
    """Changes the password, which ends all other sessions; this one goes on."""
    form = ChangePasswordForm(request.POST)
    if not form.is_valid():
        return _drawn(request, change=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    given = {name: form.cleaned_data[name] for name in ("current_password", "new_password")}
    try:
        password_change(actor=request.actor, **given, client=client_of(request), now=timezone.now())
    except (AccountLocked, InvalidInput, WrongPassword) as error:
        return _drawn(request, change=refused(form, error), status=error.status)
    user: Any = request.user
    user.refresh_from_db()
    update_session_auth_hash(request, user)
    return _done(request, _("Your password was changed. You are signed out everywhere else."))


@sensitive_post_parameters("password")
@posted("portal:account")
@page
def end_session(request: PageRequest, session_id: UUID) -> HttpResponse:
    """Signs out where that session is; of one's own it leads to signing in."""
    now, form = timezone.now(), EndSessionForm(request.POST, auto_id="end_%s")
    session = session_own_get(actor=request.actor, session_id=session_id, now=now)
    password = form.cleaned_data["password"] if form.is_valid() else ""
    try:
        session_end_with_password(
            actor=request.actor, session=session, password=password, client=client_of(request), now=now
        )
    except (AccountLocked, WrongPassword) as error:
        return _drawn(request, ending=refused(form, error), status=error.status)
    return _done(request, _("The session was ended."))


def refused(form: Any, error: ApplicationError) -> Any:
    """The form with what the service says: at its field, where it names one."""
    if isinstance(error, WrongPassword):
        form.add_error("password" if "password" in form.fields else "current_password", str(error.detail))
        return form
    for name, texts in (error.errors or {"": [error.detail]}).items():
        for text in texts:
            form.add_error(name if name in form.fields else None, str(text))
    return form


def _drawn(
    request: PageRequest,
    *,
    profile: ProfileForm | None = None,
    change: ChangePasswordForm | None = None,
    ending: EndSessionForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user: Any = request.actor.user
    kept = {"name": user.name, "locale": user.locale.lower(), "timezone": user.timezone}
    sessions = sessions_own(actor=request.actor, now=timezone.now())
    context = {
        "profile": profile or ProfileForm(initial=kept),
        "change": change or ChangePasswordForm(),
        "ending": ending or EndSessionForm(auto_id="end_%s"),
        "wrong": status != HTTPStatus.OK,
        "part": Paginator(sessions, SESSIONS_ON_A_PAGE).get_page(request.GET.get("page")),
        "current_session": UUID(request.actor.session_id) if request.actor.session_id else None,
    }
    return show(request, "portal/account.html", context, status=status)


def client_of(request: PageRequest) -> Client:
    return Client(ip=request.client_ip, device=request.headers.get("User-Agent", ""))


def _done(request: PageRequest, text: str) -> HttpResponseRedirect:
    messages.success(request, text)
    return HttpResponseRedirect(reverse("portal:account"))
