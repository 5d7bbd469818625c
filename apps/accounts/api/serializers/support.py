"""Support access on the wire."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.common.api import InputSerializer, OrderingField, OutputSerializer, PageQuery


class SupportGrantInput(InputSerializer):
    reason = serializers.CharField(max_length=300, help_text=_("One line; the organization reads it."))


class SupportGrantListQuery(PageQuery):
    ordering = OrderingField({"created_at": "created_at", "expires_at": "expires_at"}, default="-created_at")
    live = serializers.BooleanField(required=False, help_text=_("Those that let somebody in now, or none of them."))


class SupportGrantOutput(OutputSerializer):
    """As the platform sees it, which is not told who of the organization ended it."""

    id = serializers.UUIDField()
    person = serializers.CharField(help_text="Who of the platform asked.")
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    entered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Before its time, by either side.")


class OwnSupportGrantOutput(SupportGrantOutput):
    """As the organization sees it."""

    ended_by = serializers.CharField(allow_blank=True)


class SupportTokenOutput(OutputSerializer):
    access_token = serializers.CharField(help_text="A bearer for the organization's API; told this once.")
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
