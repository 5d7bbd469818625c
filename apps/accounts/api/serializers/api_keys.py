"""API keys on the wire."""

from __future__ import annotations

from django.db.models import F
from rest_framework import serializers

from apps.common.api import InputSerializer, OrderingField, OutputSerializer, PageQuery, SearchField


class ApiKeyCreateInput(InputSerializer):
    name = serializers.CharField(max_length=120)
    permissions = serializers.ListField(child=serializers.CharField(max_length=60), allow_empty=False, max_length=100)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class ApiKeyListQuery(PageQuery):
    search = SearchField(help_text="In name and prefix.")
    ordering = OrderingField(
        {
            "created_at": "created_at",
            "name": "name",
            "expires_at": F("expires_at"),
            "last_used_at": F("last_used_at"),
        },
        default="-created_at",
    )


class ApiKeyOutput(OutputSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    user_id = serializers.UUIDField(help_text="Whose key it is.")
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewApiKeyOutput(OutputSerializer):
    """A key with its secret, which is shown here and never again."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    key = serializers.CharField(help_text="`<prefix>.<secret>`, for the header `X-Api-Key`.")
    permissions = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
