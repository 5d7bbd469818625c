"""Schedules on the wire."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.common.api import InputSerializer, OrderingField, OutputSerializer, PageQuery, SearchField
from apps.robots.api.serializers.fields import MomentField
from apps.robots.api.serializers.runs import LONGEST_TIMEOUT_SECONDS
from apps.robots.models import Schedule
from apps.robots.selectors.schedules import firings_ahead

MOST_RETRIES = 20
LONGEST_BACKOFF_SECONDS = 24 * 3600


class ScheduleUpdateInput(InputSerializer):
    name = serializers.CharField(max_length=120, allow_blank=True, required=False)
    cron = serializers.CharField(max_length=120, required=False, help_text=_("Five fields: `30 8 * * 1-5`."))
    timezone = serializers.CharField(max_length=64, required=False, help_text=_("IANA name; UTC unless given."))
    enabled = serializers.BooleanField(required=False)
    starts_at = MomentField(allow_null=True, required=False)
    ends_at = MomentField(allow_null=True, required=False)
    window_start = serializers.TimeField(allow_null=True, required=False, help_text=_("Time of day in the zone."))
    window_end = serializers.TimeField(allow_null=True, required=False)
    max_concurrency = serializers.IntegerField(min_value=1, max_value=100, required=False)
    skip_holidays = serializers.BooleanField(required=False)
    timeout_seconds = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TIMEOUT_SECONDS, allow_null=True, required=False
    )
    retry_count = serializers.IntegerField(min_value=0, max_value=MOST_RETRIES, required=False)
    retry_backoff_seconds = serializers.IntegerField(min_value=0, max_value=LONGEST_BACKOFF_SECONDS, required=False)
    runtime_arguments = serializers.ListField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False
    )
    runtime_env = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False
    )
    parameters = serializers.DictField(required=False)


class ScheduleCreateInput(ScheduleUpdateInput):
    cron = serializers.CharField(max_length=120, help_text=_("Five fields: `30 8 * * 1-5`."))


class ScheduleListQuery(PageQuery):
    search = SearchField(help_text=_("In name and cron expression."))
    ordering = OrderingField(
        {"created_at": "created_at", "name": "name", "updated_at": "updated_at"}, default="created_at"
    )


class ScheduleOutput(OutputSerializer):
    id = serializers.UUIDField()
    robot_id = serializers.UUIDField()
    name = serializers.CharField()
    cron = serializers.CharField()
    timezone = serializers.CharField()
    enabled = serializers.BooleanField()
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    window_start = serializers.TimeField(allow_null=True)
    window_end = serializers.TimeField(allow_null=True)
    max_concurrency = serializers.IntegerField()
    skip_holidays = serializers.BooleanField()
    timeout_seconds = serializers.IntegerField(allow_null=True)
    retry_count = serializers.IntegerField()
    retry_backoff_seconds = serializers.IntegerField()
    runtime_arguments = serializers.ListField(child=serializers.CharField())
    runtime_env = serializers.DictField(child=serializers.CharField())
    parameters = serializers.DictField()
    next_firings = serializers.SerializerMethodField()
    created_by = serializers.CharField(source="created_by.email", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_next_firings(self, schedule: Schedule) -> list[datetime]:
        return firings_ahead(schedule, timezone.now())
