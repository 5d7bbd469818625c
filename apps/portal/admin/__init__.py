"""The catalogue in the back-office: what is written goes through the services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Field, QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.admin import ServiceAdmin
from apps.common.admin_display import Named, moment_display, structure_display, switch_badge
from apps.common.admin_forms import JudgedAdmin
from apps.common.admin_imports import ImportedAdmin
from apps.common.admin_sites import organization_site
from apps.common.icons import OF_THINGS
from apps.portal.admin.columns import DomainColumns, ServiceColumns
from apps.portal.admin.previews import preview
from apps.portal.admin.revisions import content_in_words
from apps.portal.admin.service_forms import ServiceForm
from apps.portal.models import Domain, Service, ServiceRevision
from apps.portal.permissions import MANAGE, READ
from apps.portal.selectors.domains import domains_visible
from apps.portal.selectors.services import services_visible
from apps.portal.services.domains import domain_create, domain_update
from apps.portal.services.services import service_create, service_update

RELATIONS = {"domain": "domain_id", "robot": "robot_id", "default_version": "default_version_id"}


def columns(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Return a form's data as services take it: relations by id."""
    ids = {column: getattr(cleaned[name], "pk", None) for name, column in RELATIONS.items() if name in cleaned}
    return {name: value for name, value in cleaned.items() if name not in RELATIONS} | ids


class WithIconAdmin(ServiceAdmin):
    """A page whose form says which icons the portal draws."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        told = gettext("Names that the portal draws: %(names)s.") % {"names": ", ".join(OF_THINGS)}
        return super().get_form(request, obj, change, help_texts={"icon": told}, **kwargs)


@admin.register(Domain, site=organization_site)
class DomainAdmin(ImportedAdmin, WithIconAdmin):
    section, icon, rank = "portal", "folder", 20
    plural = _("domains")
    nothing = _("Domains are the shelves of the portal: each service stands in one.")
    read_action = READ
    write_action = MANAGE
    form_fields = ("name", "slug", "description", "icon")
    list_display = ("name", "slug", "changed")
    search_fields = ("name", "slug")
    export_columns = DomainColumns

    @admin.display(description=_("changed"), ordering="updated_at")
    def changed(self, domain: Domain) -> SafeString | str:
        return moment_display(domain.updated_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Domain]:
        return domains_visible(actor=request.actor)  # type: ignore[attr-defined]

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Domain:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        if change:
            return domain_update(actor=actor, domain=form.instance, changes=form.cleaned_data, now=now)
        return domain_create(actor=actor, **form.cleaned_data, now=now)


@admin.register(Service, site=organization_site)
class OfferedServiceAdmin(ImportedAdmin, JudgedAdmin, WithIconAdmin):
    section, icon, rank = "portal", "storefront", 10
    plural = _("services")
    nothing = _("A service offers a robot to colleagues, through a form.")
    read_action = READ
    write_action = MANAGE
    form = ServiceForm
    form_fields = (
        "title",
        "domain",
        "robot",
        "default_version",
        "enabled",
        "description",
        "icon",
        "form_schema_json",
        "run_template_json",
        "confirmation_text",
        "expected_minutes",
    )
    fieldsets = (
        (None, {"fields": ("title", "domain", ("robot", "default_version"), "enabled", "description", "icon")}),
        (_("What it asks"), {"fields": ("form_schema_json",)}),
        (_("What it runs"), {"fields": ("run_template_json",)}),
        (_("Before it runs"), {"fields": ("confirmation_text", "expected_minutes")}),
    )
    list_display = ("title", "domain", "robot", "offered", "revision", "changed")
    list_filter = ("enabled", "domain")
    list_select_related = ("domain", "robot")
    search_fields = ("title", "description")
    actions = ("enable", "disable")
    export_columns = ServiceColumns

    def get_queryset(self, request: HttpRequest) -> QuerySet[Service]:
        return services_visible(actor=request.actor)  # type: ignore[attr-defined]

    @admin.display(description=_("state"), ordering="enabled")
    def offered(self, service: Service) -> SafeString:
        return switch_badge(service.enabled, _("offered"), _("not offered"))

    @admin.display(description=_("changed"), ordering="updated_at")
    def changed(self, service: Service) -> SafeString | str:
        return moment_display(service.updated_at)

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Service]:
        return super().get_export_queryset(request).select_related("default_version")  # type: ignore[no-any-return]

    def get_urls(self) -> list[Any]:
        shown = self.admin_site.admin_view(preview)
        return [path("preview/", shown, name="portal_service_preview"), *super().get_urls()]

    def formfield_for_foreignkey(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Versions come with the names of their robots, in one query."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "default_version":
            field.queryset = field.queryset.select_related("robot").order_by("robot__name", "-id")
            field.empty_label = gettext("The active version of the robot")
        return field

    def view_on_site(self, service: Service) -> str | None:
        """What people see of it."""
        return reverse("portal:service", args=[service.pk]) if service.enabled else None

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Service:
        actor, now, given = request.actor, timezone.now(), columns(form.cleaned_data)  # type: ignore[attr-defined]
        if change:
            return service_update(actor=actor, service=form.instance, changes=given, now=now)
        return service_create(actor=actor, **given, now=now)

    @admin.action(description=_("Enable"), permissions=["write"])
    def enable(self, request: HttpRequest, services: QuerySet[Service]) -> None:
        self._switch(request, services, enabled=True)

    @admin.action(description=_("Disable"), permissions=["write"])
    def disable(self, request: HttpRequest, services: QuerySet[Service]) -> None:
        self._switch(request, services, enabled=False)

    def _switch(self, request: HttpRequest, services: QuerySet[Service], *, enabled: bool) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        changes = {"enabled": enabled}
        done = self.each(
            request, services, lambda row: service_update(actor=actor, service=row, changes=changes, now=now)
        )
        self.message_user(request, _("%(count)d saved.") % {"count": done})


@admin.register(ServiceRevision, site=organization_site)
class ServiceRevisionAdmin(ServiceAdmin):
    section, icon, rank = "portal", "history", 30
    plural = _("service revisions")
    nothing = _("Each time a service is saved, what it was like is kept here.")
    elsewhere = (_("Services"), "portal_service_changelist")
    read_action = MANAGE
    list_display = ("service", "number", "created_by", "created_at")
    list_select_related = ("service", "created_by")
    search_fields = ("service__title",)
    fields = ("service", "number", "kept", "created_by", "created_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "kept"]

    def named(self, row: ServiceRevision) -> Named:
        return Named(row, f"{row.service} · {row.number}")

    @admin.display(description=_("content"))
    def kept(self, revision: ServiceRevision) -> SafeString | str:
        return structure_display(content_in_words(revision))
