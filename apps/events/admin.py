"""The ledger in both back-offices; the database itself lets nobody change it."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.common.admin import ServiceAdmin
from apps.common.admin_display import moment_display, tags_display
from apps.common.admin_sites import organization_site, platform_site
from apps.events.models import Event


@admin.register(Event, site=organization_site)
@admin.register(Event, site=platform_site)
class EventAdmin(ServiceAdmin):
    section, icon, rank = "ledger", "receipt_long", 10
    read_action = "audit.read"
    list_display = ("happened", "what", "actor_label", "subject_type", "subject_label", "ip")
    list_filter = ("actor_type",)  # all names would have to be gathered from all events
    search_fields = ("name", "actor_label", "subject_label", "=subject_id", "=trace_id")
    date_hierarchy = "created_at"
    ordering = ("-id",)

    @admin.display(description=_("when"), ordering="id")
    def happened(self, event: Event) -> SafeString | str:
        return moment_display(event.created_at)

    @admin.display(description=_("name"), ordering="name")
    def what(self, event: Event) -> SafeString | str:
        return tags_display([event.name])
