"""Retention on the wire."""

from __future__ import annotations

from rest_framework import serializers

from apps.common.api import InputSerializer, OutputSerializer
from apps.executions.models import MOST_DAYS


class RetentionInput(InputSerializer):
    """What is left out stays as it is."""

    runs_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False)
    logs_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False)
    artifacts_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False)


class RetentionOutput(OutputSerializer):
    runs_days = serializers.IntegerField()
    logs_days = serializers.IntegerField()
    artifacts_days = serializers.IntegerField()


class WouldGoOutput(OutputSerializer):
    count = serializers.IntegerField()
    bytes = serializers.IntegerField(help_text="In the database as they lie there; of artifacts, in storage.")
    oldest = serializers.DateTimeField(allow_null=True, help_text="When the first of their runs ended.")
    newest = serializers.DateTimeField(allow_null=True, help_text="When the last of their runs ended.")


class RetentionPreviewOutput(OutputSerializer):
    at = serializers.DateTimeField()
    runs = WouldGoOutput()
    logs = WouldGoOutput()
    artifacts = WouldGoOutput()
