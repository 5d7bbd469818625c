"""Mails in the platform's back-office: what waits, what failed, and in development what was said."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.common.admin import ServiceAdmin
from apps.common.admin_display import Named
from apps.common.admin_sites import platform_site
from apps.mail.models import OutgoingMail
from apps.tenants.selectors import organization_name


@admin.register(OutgoingMail, site=platform_site)
class OutgoingMailAdmin(ServiceAdmin):
    section, icon, rank = "queue", "mail", 40
    nothing = _("Invitations and forgotten passwords stand here, whether they were sent and why not.")
    read_action = "platform.manage"
    list_display = ("created_at", "kind", "organization", "state", "attempts", "recipient", "subject", "error")
    list_filter = ("state", "kind")
    search_fields = ("=schema_name", "recipient", "subject")
    exclude = ("data",)  # an address that somebody typed may stand there

    @admin.display(description=_("organization"), ordering="schema_name")
    def organization(self, mail: OutgoingMail) -> str:
        return organization_name(mail.schema_name)

    def named(self, row: OutgoingMail) -> Named:
        return Named(row, row.subject or row.kind)
