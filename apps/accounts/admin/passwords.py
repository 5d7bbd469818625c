"""Changing one's own password in the back-office, by the same service as everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from apps.accounts.forms import OwnPasswordForm
from apps.accounts.payloads import Client
from apps.accounts.services.passwords import password_change
from apps.common.errors import ApplicationError

PageView = Callable[..., HttpResponseBase]


class OwnPasswordView(PasswordChangeView):
    """Django's page around our service."""

    form_class = OwnPasswordForm

    def form_valid(self, form: Any) -> HttpResponse:
        request: Any = self.request
        try:
            password_change(
                actor=request.actor,
                current_password=form.cleaned_data["old_password"],
                new_password=form.cleaned_data["new_password1"],
                client=Client(ip=request.client_ip),
                now=timezone.now(),
            )
        except ApplicationError as error:
            form.add_error(None, str(error.detail))
            return self.form_invalid(form)
        request.user.refresh_from_db()
        update_session_auth_hash(request, request.user)
        return HttpResponseRedirect(self.get_success_url())


def password_change_of(site: Any) -> PageView:
    """The page of one site."""

    def view(request: Any, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        if request.actor.type != "user":  # support of the platform has no password here
            raise PermissionDenied
        request.current_app = site.name
        page = OwnPasswordView.as_view(
            success_url=reverse(f"{site.name}:password_change_done"),
            extra_context={**site.each_context(request), **(extra_context or {})},
        )
        return page(request)

    return view
