"""Queue and workers, seen by the platform; nothing is written by hand."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.common.admin import ServiceAdmin
from apps.common.admin_display import tags_display
from apps.common.admin_sites import platform_site
from apps.dispatch.models import Tally, Ticket, Worker
from apps.dispatch.selectors import queue_depths, workers_alive
from apps.tenants.selectors import organization_counts, organization_name
from apps.tenants.services.templates import schema_fingerprint


def overview_of(request: HttpRequest) -> dict[str, Any]:
    """What the first page of the platform shows: organizations, what waits, and who works."""
    queues = queue_depths()
    return {
        "organizations": organization_counts(version=schema_fingerprint()),
        "queues": queues,
        "waiting": sum(queue.waiting for queue in queues),
        "workers": workers_alive(lease_seconds=settings.ENV.lease_seconds),
    }


platform_site.overview_of = overview_of
platform_site.overview_template = "dispatch/admin/overview.html"


class PlatformAdmin(ServiceAdmin):
    read_action = "platform.manage"


@admin.register(Ticket, site=platform_site)
class TicketAdmin(PlatformAdmin):
    section, icon, rank = "queue", "confirmation_number", 10
    nothing = _("No work waits or runs, in any organization.")
    list_display = ("organization", "kind", "queue", "priority", "available_at", "worker", "lease_until")
    list_filter = ("queue", "kind")
    search_fields = ("=id", "=schema_name", "worker")
    exclude = ("token",)

    @admin.display(description=_("organization"), ordering="schema_name")
    def organization(self, ticket: Ticket) -> str:
        return organization_name(ticket.schema_name)


@admin.register(Worker, site=platform_site)
class WorkerAdmin(PlatformAdmin):
    section, icon, rank = "queue", "dns", 20
    nothing = _("No worker has been seen: nothing runs until one starts.")
    list_display = ("name", "host", "pid", "queues", "busy", "slots", "started_at", "last_seen")


@admin.register(Tally, site=platform_site)
class TallyAdmin(PlatformAdmin):
    section, icon, rank = "queue", "bar_chart", 30
    nothing = _("Workers count here what they did; monitoring reads it.")
    list_display = ("name", "told_apart", "number")
    search_fields = ("name", "labels")

    @admin.display(description=_("labels"), ordering="labels")
    def told_apart(self, tally: Tally) -> SafeString | str:
        return tags_display([f"{name}: {value}" for name, value in json.loads(tally.labels).items()])

    @admin.display(description=_("value"), ordering="value")
    def number(self, tally: Tally) -> str:
        return number_format(round(tally.value, 3), use_l10n=True, force_grouping=True)
