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
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.errors import TooManyApiKeys
from apps.accounts.pages.forms import ApiKeyForm
from apps.accounts.selectors.api_keys import actions_for_keys, api_key_own_get, api_keys_own
from apps.accounts.services.api_keys import api_key_create, api_key_revoke
from apps.common.errors import InvalidInput
from apps.portal.pages.door import PageRequest, page, show
from apps.portal.pages.once import new_key, once

KEYS_ON_A_PAGE = 20


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
        return _made(request, form)
    except TooManyApiKeys as error:
        form.add_error(None, str(error.detail))
        return _drawn(request, form, status=error.status)
    except InvalidInput as error:
        for name, texts in (error.errors or {}).items():
            form.add_error(name if name in form.fields else None, [str(text) for text in texts])
        return _drawn(request, form, status=error.status)


@sensitive_variables("shown")
def _made(request: PageRequest, form: ApiKeyForm) -> HttpResponse:
    given, now, shown = form.cleaned_data, timezone.now(), ""

    def act() -> str:
        nonlocal shown
        expires_at = None if given["days"] is None else now + timedelta(days=given["days"])
        wanted = {"name": given["name"], "permissions": given["permissions"], "expires_at": expires_at}
        _key, shown = api_key_create(actor=request.actor, **wanted, now=now)
        return reverse("portal:keys")

    answer = once(request, given, act)
    if not shown:
        return answer
    fresh = ApiKeyForm(actions=[action for action, _text in form.fields["permissions"].choices])  # type: ignore[attr-defined]
    return _drawn(request, fresh, shown=shown, status=HTTPStatus.CREATED)


@require_POST
@page
def revoke(request: PageRequest, key_id: UUID) -> HttpResponse:
    """Ends one of one's own keys."""
    key = api_key_own_get(actor=request.actor, key_id=key_id)
    api_key_revoke(actor=request.actor, key=key, now=timezone.now())
    messages.success(request, _("The key was revoked."))
    return HttpResponseRedirect(reverse("portal:keys"))


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
