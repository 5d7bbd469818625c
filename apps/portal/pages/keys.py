"""One's own API keys: listed, made, and revoked. A key is shown in the answer that made it and nowhere else."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from apps.accounts.errors import AccountLocked, TooManyApiKeys, WrongPassword
from apps.accounts.pages.forms import ApiKeyForm
from apps.accounts.selectors.api_keys import actions_for_keys, api_key_own_get, api_keys_own
from apps.accounts.services.api_keys import api_key_create, api_key_revoke
from apps.accounts.services.attempts import password_prove
from apps.common.errors import InvalidInput
from apps.portal.pages.account import client_of, refused
from apps.portal.pages.door import PageRequest, page, posted, show
from apps.portal.pages.once import new_key, once

KEYS_ON_A_PAGE = 20


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@page
def keys(request: PageRequest) -> HttpResponse:
    """One's keys; sent, one more is made and shown. Sent again, the same form makes none, and shows none."""
    actions = actions_for_keys(actor=request.actor)
    if request.method != "POST":
        return _drawn(request, ApiKeyForm(actions=actions))
    form = ApiKeyForm(request.POST, actions=actions)
    if not form.is_valid():
        return _drawn(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        return _made(request, form.cleaned_data, ApiKeyForm(actions=actions))
    except (AccountLocked, InvalidInput, TooManyApiKeys, WrongPassword) as error:
        return _drawn(request, refused(form, error), status=error.status)


@sensitive_variables("given", "shown")
def _made(request: PageRequest, given: dict[str, Any], another: ApiKeyForm) -> HttpResponse:
    now, shown, password = timezone.now(), "", given.pop("password")
    password_prove(actor=request.actor, password=password, client=client_of(request), now=now)

    def act() -> str:
        nonlocal shown
        expires_at = None if given["days"] is None else now + timedelta(days=given["days"])
        wanted = {"name": given["name"], "permissions": given["permissions"], "expires_at": expires_at}
        _key, shown = api_key_create(actor=request.actor, **wanted, now=now)
        return reverse("portal:keys")

    answer = once(request, given, act)
    if shown:
        return _drawn(request, another, shown=shown, status=HTTPStatus.CREATED)
    messages.warning(
        request, _("This key was made and shown before. If you did not copy it, revoke it and make another.")
    )
    return answer


@posted("portal:keys")
@page
def revoke(request: PageRequest, key_id: UUID) -> HttpResponse:
    """Ends one of one's own keys."""
    key = api_key_own_get(actor=request.actor, key_id=key_id)
    api_key_revoke(actor=request.actor, key=key, now=timezone.now())
    messages.success(request, _("The key was revoked."))
    return HttpResponseRedirect(reverse("portal:keys"))


@sensitive_variables("shown", "context")
def _drawn(request: PageRequest, form: ApiKeyForm, *, shown: str = "", status: int = HTTPStatus.OK) -> HttpResponse:
    own = api_keys_own(actor=request.actor)
    context: dict[str, Any] = {
        "form": form,
        "shown": shown,
        "wrong": status >= HTTPStatus.BAD_REQUEST,
        "part": Paginator(own, KEYS_ON_A_PAGE).get_page(request.GET.get("page")),
        "now": timezone.now(),
        "idempotency_key": new_key(),
    }
    return show(request, "portal/keys.html", context, status=status)
