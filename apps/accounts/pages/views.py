"""Pages around the services of forgotten passwords and invitations. One's own host is for its organization alone."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.generic import FormView

from apps.accounts.errors import InvalidLink, LocalSignInOff
from apps.accounts.pages.forms import ForgotPasswordForm, SetPasswordForm
from apps.accounts.payloads import Client, LinkOwner
from apps.accounts.services.password_links import password_link_owner
from apps.accounts.services.password_resets import password_reset, password_reset_request
from apps.accounts.tenancy import organization_of_host
from apps.common.errors import InvalidInput, TooManyRequests
from apps.common.middleware.headers import pages_policy
from apps.tenants.branding import branding_of
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import organization_title

if TYPE_CHECKING:
    _FormView = FormView[Any]
else:
    _FormView = FormView  # generic for type checkers only


def frame(request: Any) -> dict[str, Any]:
    """The looks of the organization, and where its people sign in: those of the platform in its back-office."""
    brand = replace(branding_of(request.organization), name=organization_title(request.organization))
    return {"brand": brand, "sign_in": "/admin/" if request.organization.schema_name == PLATFORM else "/portal/"}


def guarded(request: Any, response: HttpResponseBase) -> HttpResponseBase:
    """A page that nobody keeps or finds, with nothing from elsewhere but the organization's logo."""
    response.headers["Content-Security-Policy"] = pages_policy(images=branding_of(request.organization).logo_url)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def shown(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponseBase:
    """A page without a form."""
    return guarded(request, render(request, template, frame(request) | context, status=status))


class PasswordPage(_FormView):
    """Base of both forms."""

    http_method_names = ("get", "head", "post")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return guarded(request, super().dispatch(request, *args, **kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**frame(self.request), **kwargs)

    def client(self) -> Client:
        request: Any = self.request
        return Client(ip=request.client_ip, device=request.headers.get("User-Agent", ""))

    def refused(self, form: Any, field: str | None, texts: Any, status: int) -> HttpResponse:
        """The form again, with why."""
        for text in texts:
            form.add_error(field, text)
        return self.render_to_response(self.get_context_data(form=form), status=status)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=HTTPStatus.UNPROCESSABLE_ENTITY)


class ForgotPasswordPage(PasswordPage):
    """Asks for an address, and says the same whatever it is."""

    form_class = ForgotPasswordForm
    template_name = "accounts/pages/forgot.html"

    def form_valid(self, form: Any) -> HttpResponse:
        host = organization_of_host(self.request.get_host())
        email, now = form.cleaned_data["email"], timezone.now()
        try:
            password_reset_request(email=email, slug=None, host=host, client=self.client(), now=now)
        except (LocalSignInOff, TooManyRequests) as error:
            return self.refused(form, None, [error.detail], error.status)
        return HttpResponseRedirect("/password/asked")


class SetPasswordPage(PasswordPage):
    """Takes the token from the mailed link, which it only uses up when the form is sent."""

    form_class = SetPasswordForm
    template_name = "accounts/pages/set.html"
    owner: LinkOwner

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except (InvalidLink, LocalSignInOff) as error:
            return shown(request, "accounts/pages/invalid.html", {"error": error}, status=error.status)

    def get_initial(self) -> dict[str, Any]:
        return {"token": self.request.GET.get("token", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        token = self.request.POST.get("token") or self.request.GET.get("token", "")
        host = organization_of_host(self.request.get_host())
        owner = password_link_owner(token=token, host=host, now=timezone.now())
        return super().get_context_data(owner=owner, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        host = organization_of_host(self.request.get_host())
        token, password = form.cleaned_data["token"], form.cleaned_data["new_password"]
        try:
            password_reset(token=token, new_password=password, host=host, client=self.client(), now=timezone.now())
        except InvalidInput as error:
            return self.refused(form, "new_password", (error.errors or {})["new_password"], error.status)
        return HttpResponseRedirect("/password/done")


@require_safe
def asked(request: HttpRequest) -> HttpResponseBase:
    """After an address was given."""
    texts = {
        "title": _("Look into your mail"),
        "text": _("If this address has an account, a mail with a link is on its way to it. It works for an hour."),
    }
    return shown(request, "accounts/pages/message.html", texts)


@require_safe
def done(request: HttpRequest) -> HttpResponseBase:
    """After a password was set."""
    texts = {"title": _("Your password is set"), "text": _("You can sign in with it now.")}
    return shown(request, "accounts/pages/message.html", texts)
