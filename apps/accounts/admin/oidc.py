"""Signing in with accounts of another system: one page, one form, and what the issuer says when it is asked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts.admin.oidc_forms import OidcSettingsForm
from apps.accounts.errors import OidcNotConfigured, OidcUnreachable
from apps.accounts.models import OidcSettings
from apps.accounts.oidc.discovery import Provider
from apps.accounts.oidc.flow import CALLBACK
from apps.accounts.selectors.oidc import oidc_settings_get
from apps.accounts.services.oidc_checks import oidc_issuer_check
from apps.accounts.services.oidc_settings import MANAGE, oidc_settings_delete, oidc_settings_save
from apps.common.admin import SingleRowAdmin
from apps.common.admin_forms import refuse
from apps.common.errors import ApplicationError
from apps.common.etags import state_tag
from apps.tenants.context import require_tenant
from apps.tenants.naming import PLATFORM

REASONS = {
    "address": _("This address, or one that the issuer names, is no https address that may be asked."),
    "connection": _("Nobody answers there in time, or the name leads into a private network."),
    "answer": _("There is no OpenID Connect configuration at this address."),
    "issuer": _("The issuer calls itself otherwise; compare slash and version at the end of the address."),
    "keys": _("The issuer publishes no public keys that can be used."),
}
"""Why an issuer could not be asked, for people."""


class OidcSettingsAdmin(SingleRowAdmin):
    """Its page is the form; the platform has no issuer, and its page says so."""

    read_action = write_action = MANAGE
    section, icon, rank = "settings", "passkey", 30
    title = _("sign-in with another system")
    exclude = ("client_secret", "keys")

    def the_row(self, request: Any) -> OidcSettings:
        try:
            return oidc_settings_get(actor=request.actor)
        except OidcNotConfigured:
            return OidcSettings()

    def get_urls(self) -> list[URLPattern]:
        remove = self.admin_site.admin_view(self.remove)
        return [path("remove/", remove, name="accounts_oidcsettings_remove"), *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """No form of Django's: it would hold a transaction open while the issuer is asked."""
        if object_id is None:
            raise PermissionDenied
        page: HttpResponseBase = sensitive_post_parameters("client_secret")(self._page)(request)
        return page

    def _page(self, request: HttpRequest) -> HttpResponseBase:
        self._require_view(request)
        row = self.the_row(request)
        if request.method != "POST" or require_tenant() == PLATFORM:
            return self._shown(request, row, OidcSettingsForm(row=row))
        form = OidcSettingsForm(request.POST, row=row)
        if "_check" in request.POST:
            return self._checked(request, row, form)
        if not form.is_valid():
            return self._shown(request, row, form)
        try:
            oidc_settings_save(
                actor=request.actor,  # type: ignore[attr-defined]
                changes=form.changes(),
                if_match=request.POST.get("seen") or None,
                now=timezone.now(),
            )
        except ApplicationError as error:
            _refuse(form, error)
            return self._shown(request, row, form)
        self.message_user(request, _("The issuer is set up; its keys have been read."), messages.SUCCESS)
        return HttpResponseRedirect(self._address())

    def _checked(self, request: Any, row: OidcSettings, form: OidcSettingsForm) -> HttpResponseBase:
        """The form as it was filled in, with what the issuer said of itself; nothing is stored."""
        form.is_valid()
        issuer, told = form.cleaned_data.get("issuer"), None
        if issuer:
            try:
                told = oidc_issuer_check(actor=request.actor, issuer=issuer)
            except ApplicationError as error:
                _refuse(form, error)
        return self._shown(request, row, form, told)

    def remove(self, request: Any) -> HttpResponseBase:
        """Asks once more, and takes the issuer away."""
        self._require_view(request)
        try:
            row = oidc_settings_get(actor=request.actor)
            if request.method == "POST":
                oidc_settings_delete(actor=request.actor, if_match=request.POST.get("seen") or None, now=timezone.now())
                self.message_user(request, _("The issuer is gone; people sign in with passwords."), messages.SUCCESS)
                return HttpResponseRedirect(self._address())
        except ApplicationError as error:
            self.explain(request, error)
            return HttpResponseRedirect(self._address())
        question = _("Take the issuer away?")
        shown = {"title": question, "here": question, "row": row, "seen": _seen(row)}
        return self._drawn(request, "accounts/admin/oidc_remove.html", shown)

    def _shown(
        self, request: HttpRequest, row: OidcSettings, form: OidcSettingsForm, told: Provider | None = None
    ) -> HttpResponseBase:
        stored = not row._state.adding
        shown = {
            "title": self.opts.verbose_name_plural,
            "row": row,
            "form": form,
            "told": told,
            "stored": stored,
            "seen": request.POST.get("seen") or (_seen(row) if stored else ""),
            "redirect_uri": request.build_absolute_uri(CALLBACK),
            "is_platform": require_tenant() == PLATFORM,
            "show_history": stored and self.has_history_permission(request),
        }
        return self._drawn(request, "accounts/admin/oidc.html", shown)

    def _drawn(self, request: HttpRequest, template: str, shown: dict[str, Any]) -> HttpResponseBase:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **shown}
        )

    def _address(self) -> str:
        return reverse(f"{self.admin_site.name}:accounts_oidcsettings_changelist")


def _seen(row: OidcSettings) -> str:
    return f'"{state_tag(row)}"'


def _refuse(form: OidcSettingsForm, error: ApplicationError) -> None:
    if isinstance(error, OidcUnreachable):
        form.add_error("issuer", str(REASONS.get(error.extra.get("reason", ""), error.detail)))
    else:
        refuse(form, error)
