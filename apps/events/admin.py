"""The ledger in both back-offices; the database itself lets nobody change it."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.common.admin_display import Named, moment_display, tags_display
from apps.common.admin_exports import ExportedAdmin, ListResource, column
from apps.common.admin_sites import organization_site, platform_site
from apps.events.models import Event

_OF_AN_ID, _LONGEST = 8, 48  # of ids the end: they begin with the time, which those of one minute share


class EventColumns(ListResource):
    id = column("pk")
    at = column("created_at")
    name = column("name")
    actor_type = column("actor_type")
    actor_id = column("actor_id")
    actor = column("actor_label")
    subject_type = column("subject_type")
    subject_id = column("subject_id")
    subject = column("subject_label")
    data = column("data")
    trace_id = column("trace_id")
    cause_id = column("cause_id")
    ip = column("ip")


@admin.register(Event, site=organization_site)
@admin.register(Event, site=platform_site)
class EventAdmin(ExportedAdmin):
    section, icon, rank = "ledger", "receipt_long", 10
    nothing = _("Whatever is changed is told here, and by whom.")
    read_action = "audit.read"
    list_display = ("happened", "what", "actor_label", "kind", "subject", "ip")
    list_filter = ("actor_type",)  # all names would have to be gathered from all events
    search_fields = ("name", "actor_label", "subject_label", "=subject_id", "=trace_id")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    export_columns = EventColumns

    @admin.display(description=_("when"), ordering="id")
    def happened(self, event: Event) -> SafeString | str:
        return moment_display(event.created_at)

    @admin.display(description=_("name"), ordering="name")
    def what(self, event: Event) -> SafeString | str:
        return tags_display([event.name])

    @admin.display(description=_("kind of subject"), ordering="subject_type")
    def kind(self, event: Event) -> str:
        try:
            return str(apps.get_model(event.subject_type)._meta.verbose_name).capitalize()
        except LookupError:  # a model that there was once
            return event.subject_type

    @admin.display(description=pgettext_lazy("of an event", "subject"), ordering="subject_label")
    def subject(self, event: Event) -> SafeString:
        """What it was about, at a length that a row has room for; the whole of it is on the event's page."""
        return format_html('<span title="{}">{}</span>', event.subject_label, _short(event))

    def named(self, row: Event) -> Named:
        return Named(row, f"{row.name} · {_short(row)}")


def _short(event: Event) -> str:
    label = event.subject_label
    if label == str(event.subject_id):
        return label[-_OF_AN_ID:]
    return Truncator(event.subject_told).chars(_LONGEST)
