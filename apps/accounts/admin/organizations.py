"""An organization's own name, looks and settings in its back-office; each page is one form and one service."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin.organization_forms import OrganizationSettingsForm
from apps.accounts.payloads import RowPreview
from apps.accounts.selectors.organizations import organization_get, organization_settings_get
from apps.accounts.services.organizations import (
    BRANDING,
    MANAGE,
    organization_preview,
    organization_settings_preview,
    organization_settings_update,
    organization_update,
)
from apps.common.admin_previews import ChangeLine, PreviewedAdmin
from apps.common.admin_sites import organization_site
from apps.tenants.models import DEFAULT_LABELS, Organization, OrganizationSettings


@admin.register(Organization, site=organization_site)
class OwnOrganizationAdmin(PreviewedAdmin):
    section, icon, rank = "settings", "domain", 10
    title = _("name and looks")
    read_action = write_action = MANAGE
    form_fields = BRANDING
    fields = (*BRANDING, "slug", "plan", "created_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def the_row(self, request: HttpRequest) -> Organization:
        return organization_get(actor=request.actor)  # type: ignore[attr-defined]

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Organization:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        return organization_update(actor=actor, changes=form.cleaned_data, if_match=self.seen(request), now=now)

    def preview(self, request: Any, form: Any) -> RowPreview:
        return organization_preview(actor=request.actor, changes=form.cleaned_data)


@admin.register(OrganizationSettings, site=organization_site)
class OwnSettingsAdmin(PreviewedAdmin):
    section, icon, rank = "settings", "tune", 20
    title = _("hours, words and holidays")
    read_action = write_action = MANAGE
    form = OrganizationSettingsForm
    form_fields = (*OrganizationSettingsForm.Meta.fields, "own_holidays")
    fieldsets = (
        (None, {"fields": ("business_type", "timezone", ("working_hours_start", "working_hours_end"))}),
        (_("Bookings"), {"fields": ("booking_interval", "advance_booking_days", "cancellation_hours")}),
        (
            _("Words"),
            {
                "fields": (
                    ("label_resource_singular", "label_resource_plural"),
                    ("label_booking_label", "label_user_label"),
                )
            },
        ),
        (_("Holidays"), {"fields": ("holiday_country", "own_holidays")}),
        (_("Signing in"), {"fields": ("require_second_factor", "support_access")}),
    )

    def the_row(self, request: HttpRequest) -> OrganizationSettings:
        return organization_settings_get(actor=request.actor)  # type: ignore[attr-defined]

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> OrganizationSettings:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        return organization_settings_update(actor=actor, changes=form.changes(), if_match=self.seen(request), now=now)

    def shown_value(self, value: Any) -> Any:
        """Days of rest as lines; they are kept as names and ISO dates."""
        if isinstance(value, list) and value:
            days = ((date_format(date.fromisoformat(day["date"]), "SHORT_DATE_FORMAT"), day["name"]) for day in value)
            return format_html('<ul class="office-list">{}</ul>', format_html_join("", "<li>{} {}</li>", days))
        return super().shown_value(value)

    def preview(self, request: Any, form: Any) -> RowPreview:
        return organization_settings_preview(actor=request.actor, changes=form.changes())

    def change_lines(self, request: Any, preview: Any) -> list[ChangeLine]:
        """Words one by one, each under what it is ours for."""
        lines = [self.change_line(request, preview, name) for name in preview.changed if name != "custom_labels"]
        meanings = self.meanings(request, preview, "custom_labels")
        old, new = preview.before.labels, preview.after.labels
        words = [
            ChangeLine(_(ours), _(old[key]), _(new[key]), meanings)
            for key, ours in DEFAULT_LABELS.items()
            if old[key] != new[key]
        ]
        return lines + words
