"""Organizations, as those see them who run the platform: hosts, size, people, state; out of use, and gone for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.common.admin_display import badge, moment_text, switch_badge, tags_display
from apps.common.admin_forms import refuse
from apps.common.admin_sites import platform_site
from apps.common.errors import ApplicationError, Unavailable
from apps.tenants.admin.platform import PlatformAdmin
from apps.tenants.models import MigrationState, Organization
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import people_counts, schema_sizes
from apps.tenants.services.organizations import organization_activate, organization_suspend
from apps.tenants.services.removals import organization_purge, purge_contents
from apps.tenants.services.templates import schema_fingerprint

PAGE = "platform:tenants_organization_change"


class MigratedFilter(admin.SimpleListFilter):
    """Which organizations a deployment has not reached."""

    title, parameter_name = _("migrations"), "migrated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("current", _("current")), ("behind", _("behind")), ("failed", _("failed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Organization]) -> QuerySet[Organization]:
        failed, current = Q(migration_state=MigrationState.FAILED), Q(schema_version=schema_fingerprint())
        chosen = {"current": current & ~failed, "behind": ~current & ~failed, "failed": failed}
        wanted = chosen.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(wanted)


class PurgeForm(forms.Form):
    """The slug, typed by hand: nobody purges by mistake."""

    slug = forms.CharField(max_length=63, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))


@admin.register(Organization, site=platform_site)
class OrganizationAdmin(PlatformAdmin):
    section, icon, rank = "organizations", "domain", 10
    nothing = _("Organizations are made with the API, or with “manage.py create_organization”.")
    list_display = ("name", "hosts", "state", "migrations", "people", "size", "created_at")
    list_filter = ("is_active", MigratedFilter, "plan")
    search_fields = ("name", "slug", "=schema_name", "domains__domain")
    actions = ("suspend", "activate")
    exclude = ("is_active", "migration_state", "migration_error")  # stand above
    change_form_template = "tenants/admin/organization.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        return super().get_queryset(request).prefetch_related("domains")  # type: ignore[no-any-return]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With people and sizes of the page's organizations: one statement each."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        measure(rows)
        changelist.result_list = rows
        return changelist

    @admin.display(description=_("hosts"))
    def hosts(self, organization: Organization) -> SafeString | str:
        return tags_display([host.domain for host in organization.domains.all()])

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, organization: Organization) -> SafeString:
        return switch_badge(organization.is_active, _("in use"), _("suspended"))

    @admin.display(description=_("migrations"), ordering="migration_state")
    def migrations(self, organization: Organization) -> SafeString:
        if organization.migration_state == MigrationState.FAILED:
            return badge(_("failed"), "bad")
        current = organization.schema_version == schema_fingerprint()
        return badge(_("current"), "good") if current else badge(_("behind"), "care")

    @admin.display(description=_("people"))
    def people(self, organization: Any) -> int:
        return int(getattr(organization, "people", 0))

    @admin.display(description=_("size"))
    def size(self, organization: Any) -> str:
        return filesizeformat(getattr(organization, "size", 0))

    @admin.action(description=_("Suspend"), permissions=["write"])
    def suspend(self, request: HttpRequest, organizations: QuerySet[Organization]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(
            request, organizations, lambda row: organization_suspend(actor=actor, organization=row, now=now)
        )
        self.message_user(request, _("%(count)d suspended.") % {"count": done})

    @admin.action(description=_("Activate"), permissions=["write"])
    def activate(self, request: HttpRequest, organizations: QuerySet[Organization]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(
            request, organizations, lambda row: organization_activate(actor=actor, organization=row, now=now)
        )
        self.message_user(request, _("%(count)d activated.") % {"count": done})

    # --- one, on its page

    def get_urls(self) -> list[URLPattern]:
        views = {
            "suspend": require_POST(self._switching(organization_suspend)),
            "activate": require_POST(self._switching(organization_activate)),
            "purge": self.purge,
        }
        own = [
            path(
                f"<uuid:organization_id>/{name}/", self.admin_site.admin_view(view), name=f"tenants_organization_{name}"
            )
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        found = self.get_object(request, unquote(object_id))
        beside: dict[str, Any] = {}
        if found is not None:
            measure([found])
            beside = {
                "subtitle": None,
                "organization": found,
                "state": self.state(found),
                "migrations": self.migrations(found),
                "size": self.size(found),
                "hosts": self.hosts(found),
                "kept": _purge_notice(found),
                "is_platform": found.schema_name == PLATFORM,
            }
        page: HttpResponseBase = super().change_view(request, object_id, form_url, beside | (extra_context or {}))
        return page

    def _switching(self, service: Callable[..., Organization]) -> Callable[..., HttpResponseBase]:
        def view(request: Any, organization_id: UUID) -> HttpResponseBase:
            found = self.get_object(request, str(organization_id))
            try:
                if found is not None:
                    service(actor=request.actor, organization=found, now=timezone.now())
            except ApplicationError as error:
                self.explain(request, error)
            return HttpResponseRedirect(reverse(PAGE, args=[organization_id]))

        return view

    def purge(self, request: Any, organization_id: UUID) -> HttpResponseBase:
        """First what would go, and the slug to be typed; then it goes, and the certificate stays."""
        found = self.get_object(request, str(organization_id))
        if found is None or found.schema_name == PLATFORM or found.is_active:
            self.message_user(request, _("Only a suspended organization can be purged."), messages.ERROR)
            return HttpResponseRedirect(reverse(PAGE, args=[organization_id]))
        if kept := _purge_notice(found):
            self.message_user(request, kept, messages.ERROR)
            return HttpResponseRedirect(reverse(PAGE, args=[organization_id]))
        try:
            return self._purged(request, found)
        except Unavailable as error:  # before, nothing went; after, the certificate says that files are left
            self.explain(request, error)
            return HttpResponseRedirect(reverse("platform:tenants_purgecertificate_changelist"))

    def _purged(self, request: Any, found: Organization) -> HttpResponseBase:
        form = PurgeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            slug, now = form.cleaned_data["slug"], timezone.now()
            try:
                certificate = organization_purge(actor=request.actor, organization=found, slug=slug, now=now)
            except Unavailable:
                raise
            except ApplicationError as error:
                refuse(form, error)
            else:
                self.message_user(request, _("%(name)s is gone.") % {"name": found.name}, messages.SUCCESS)
                return HttpResponseRedirect(reverse("platform:tenants_purgecertificate_change", args=[certificate.pk]))
        return self._purge_page(request, found, form)

    def _purge_page(self, request: Any, found: Organization, form: PurgeForm) -> HttpResponseBase:
        contents = purge_contents(actor=request.actor, organization=found)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Purge %(name)s") % {"name": found.name},
            "here": _("Purge"),
            "opts": self.opts,
            "original": found,
            "organization": found,
            "contents": contents,
            "form": form,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "tenants/admin/purge.html", context)


def _purge_notice(organization: Organization) -> str:
    """From when on a suspended one can be purged, while it cannot."""
    if timezone.now() >= organization.purge_at:
        return ""
    return gettext("It can be purged from %(when)s on.") % {"when": moment_text(organization.purge_at)}


def measure(organizations: list[Any]) -> None:
    """Notes on each how many people it has and how many bytes its tables take."""
    sizes, people = schema_sizes(), people_counts([each.schema_name for each in organizations])
    for each in organizations:
        each.size, each.people = sizes.get(each.schema_name, 0), people.get(each.schema_name, 0)
