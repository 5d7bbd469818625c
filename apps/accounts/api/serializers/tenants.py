"""Organizations on the wire."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from apps.accounts.payloads import RowPreview
from apps.common.api import InputSerializer, OutputSerializer
from apps.tenants.models import COLOR, HOLIDAY_LENGTH, LABEL_LENGTH, MOST_HOLIDAYS, Organization

CLOCK = "%H:%M"
_TWO_DIGITS_EACH = re.compile(r"[0-9]{2}:[0-9]{2}")


class ClockField(serializers.TimeField):
    """``HH:MM`` and nothing else; reading by a format alone would take ``8:5`` too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format=CLOCK, input_formats=[CLOCK], **options)

    def to_internal_value(self, value: Any) -> time:
        if isinstance(value, str) and not _TWO_DIGITS_EACH.fullmatch(value):
            self.fail("invalid", format="hh:mm")
        read: time = super().to_internal_value(value)
        return read


class LabelsInput(InputSerializer):
    """Words of the organization for things; an empty one gives back ours."""

    resource_singular = serializers.CharField(max_length=LABEL_LENGTH, required=False, allow_blank=True)
    resource_plural = serializers.CharField(max_length=LABEL_LENGTH, required=False, allow_blank=True)
    booking_label = serializers.CharField(max_length=LABEL_LENGTH, required=False, allow_blank=True)
    user_label = serializers.CharField(max_length=LABEL_LENGTH, required=False, allow_blank=True)


class HolidayInput(InputSerializer):
    date = serializers.DateField()
    name = serializers.CharField(max_length=HOLIDAY_LENGTH)


class OrganizationSettingsInput(InputSerializer):
    """What is left out stays as it is."""

    business_type = serializers.CharField(max_length=60, required=False, allow_blank=True)
    timezone = serializers.CharField(max_length=64, required=False, help_text=_("IANA name."))
    working_hours_start = ClockField(required=False)
    working_hours_end = ClockField(required=False)
    booking_interval = serializers.IntegerField(min_value=5, max_value=480, required=False, help_text=_("Minutes."))
    advance_booking_days = serializers.IntegerField(min_value=0, max_value=365, required=False)
    cancellation_hours = serializers.IntegerField(min_value=0, max_value=168, required=False)
    custom_labels = LabelsInput(required=False, help_text=_("Merged by key; an empty one gives back ours."))
    holidays = serializers.ListField(
        child=HolidayInput(), required=False, max_length=MOST_HOLIDAYS, help_text=_("Days of rest of its own: all.")
    )
    holiday_country = serializers.CharField(
        max_length=2, required=False, allow_blank=True, help_text=_("ISO 3166-1 code: its public holidays count too.")
    )
    require_second_factor = serializers.BooleanField(
        required=False, help_text=_("Administrators with a password set one up before anything else.")
    )
    support_access = serializers.BooleanField(
        required=False,
        help_text=_("Whether the platform's support may be let in; the organization alone says so, and off ends it."),
    )


class HolidayOutput(OutputSerializer):
    date = serializers.DateField()
    name = serializers.CharField()


class LabelsOutput(OutputSerializer):
    resource_singular = serializers.CharField()
    resource_plural = serializers.CharField()
    booking_label = serializers.CharField()
    user_label = serializers.CharField()


class OrganizationSettingsOutput(OutputSerializer):
    business_type = serializers.CharField()
    timezone = serializers.CharField()
    working_hours_start = serializers.TimeField(format=CLOCK)
    working_hours_end = serializers.TimeField(format=CLOCK)
    booking_interval = serializers.IntegerField()
    advance_booking_days = serializers.IntegerField()
    cancellation_hours = serializers.IntegerField()
    custom_labels = LabelsOutput(source="labels")
    holidays = HolidayOutput(many=True)
    holiday_country = serializers.CharField()
    require_second_factor = serializers.BooleanField()
    support_access = serializers.BooleanField()


class SettingsUpdateQuery(InputSerializer):
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Writes nothing, and answers what would change."
    )


class FieldChangeOutput(OutputSerializer):
    """A field as it is and as it would be, both as the settings write it."""

    field = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


class SettingsChangesOutput(OutputSerializer):
    """What a dry run answers: nothing of it was written."""

    changes = FieldChangeOutput(many=True)


SETTINGS_OR_CHANGES = PolymorphicProxySerializer(
    component_name="OrganizationSettingsOrChanges",
    serializers=[OrganizationSettingsOutput, SettingsChangesOutput],
    resource_type_field_name=None,
)
"""What a PUT of settings answers, in earnest or as a dry run."""


def settings_changes(preview: RowPreview) -> dict[str, Any]:
    """The fields of the settings that would change, in the words of the wire."""
    old, new = (OrganizationSettingsOutput(row).data for row in (preview.before, preview.after))
    changes = [{"field": name, "old": old[name], "new": new[name]} for name in preview.changed]
    return dict(SettingsChangesOutput({"changes": changes}).data)


class OrganizationInput(InputSerializer):
    """What is left out stays as it is."""

    name = serializers.CharField(max_length=200, required=False)
    logo_url = serializers.CharField(
        max_length=500, required=False, allow_null=True, help_text=_("https, or a path on the organization's own host.")
    )
    theme_primary_color = serializers.RegexField(COLOR, required=False, allow_null=True)


class OrganizationOutput(OutputSerializer):
    """An organization as it sees itself."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    domain = serializers.SerializerMethodField(help_text="The host that links lead to.")
    domains = serializers.SerializerMethodField(help_text="All hosts that lead to it.")
    logo_url = serializers.CharField(allow_null=True)
    theme_primary_color = serializers.CharField(allow_null=True)
    plan = serializers.CharField()
    is_active = serializers.BooleanField()
    settings = OrganizationSettingsOutput()
    created_at = serializers.DateTimeField()

    def get_domain(self, organization: Organization) -> str | None:
        return next((host.domain for host in organization.domains.all() if host.is_primary), None)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_domains(self, organization: Organization) -> list[str]:
        return [host.domain for host in organization.domains.all()]
