"""Organizations and their hosts in the platform's back-office; what is behind them can be looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.admin_sites import platform_site
from apps.tenants.admin.organizations import OrganizationAdmin
from apps.tenants.admin.platform import PlatformAdmin
from apps.tenants.admin.purges import PurgeCertificateAdmin
from apps.tenants.models import (
    DirectoryEntry,
    Domain,
    OrganizationSettings,
    SchemaTemplate,
    SigningKey,
    SpareSchema,
)
from apps.tenants.selectors import organization_name
from apps.tenants.services.domains import domain_add, domain_remove

__all__ = ["OrganizationAdmin", "PurgeCertificateAdmin"]
_FINGERPRINT = 12


@admin.register(OrganizationSettings, site=platform_site)
class OrganizationSettingsAdmin(PlatformAdmin):
    """Only to be looked at, where an organization has changed any; it sets them itself."""

    section, icon, rank = "organizations", "tune", 30
    nothing = _("An organization stands here when it changed any of its settings.")
    elsewhere = (_("Organizations"), "tenants_organization_changelist")
    list_display = ("organization", "business_type", "timezone", "holiday_country", "updated_at")
    list_select_related = ("organization",)
    search_fields = ("organization__name", "organization__slug", "business_type")


@admin.register(Domain, site=platform_site)
class DomainAdmin(PlatformAdmin):
    section, icon, rank = "organizations", "language", 20
    nothing = _("A host leads to an organization: its subdomain, or a name of its own.")
    form_fields = ("tenant", "domain")
    list_display = ("domain", "tenant", "is_primary")
    list_select_related = ("tenant",)
    search_fields = ("domain", "tenant__name")
    autocomplete_fields = ("tenant",)
    actions = ("remove",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Domain:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        values = form.cleaned_data
        return domain_add(actor=actor, organization=values["tenant"], host=values["domain"], now=now)

    @admin.action(description=_("Remove"), permissions=["write"])
    def remove(self, request: HttpRequest, domains: QuerySet[Domain]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, domains, lambda row: domain_remove(actor=actor, domain=row, now=now))
        self.message_user(request, _("%(count)d removed.") % {"count": done})


@admin.register(DirectoryEntry, site=platform_site)
class DirectoryEntryAdmin(PlatformAdmin):
    section, icon, rank = "system", "contact_mail", 10
    nothing = _("Each address that can sign in stands here as a hash, with its organization.")
    title, plural = _("directory"), _("addresses")
    list_display = ("address_hash", "organization", "created_at")
    search_fields = ("=address_hash", "=schema_name")

    @admin.display(description=_("organization"), ordering="schema_name")
    def organization(self, entry: DirectoryEntry) -> str:
        return organization_name(entry.schema_name)


@admin.register(SchemaTemplate, site=platform_site)
class SchemaTemplateAdmin(PlatformAdmin):
    section, icon, rank = "system", "schema", 20
    nothing = _("New organizations are made from a template, which the first one makes.")
    list_display = ("__str__", "created_at")
    exclude = ("statements",)


@admin.register(SpareSchema, site=platform_site)
class SpareSchemaAdmin(PlatformAdmin):
    section, icon, rank = "system", "inventory_2", 30
    nothing = _("Spare schemas make new organizations quick; they are made while nobody waits.")
    list_display = ("schema_name", "version", "created_at")

    @admin.display(description=_("schema version"))
    def version(self, spare: SpareSchema) -> str:
        return spare.fingerprint[:_FINGERPRINT]


@admin.register(SigningKey, site=platform_site)
class SigningKeyAdmin(PlatformAdmin):
    """Only to be looked at: `manage.py rotate_signing_key` makes them."""

    section, icon, rank = "system", "key", 40
    nothing = _("Keys stand here from the first “manage.py rotate_signing_key” on; until then JWT_KEYS sign.")
    list_display = ("kid", "signs", "verifies_until", "created_at")
    exclude = ("sealed",)
