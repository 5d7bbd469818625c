"""Serializers only read and write shapes. Input is strict: a field nobody knows is an error, not a typo that passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class InputSerializer(serializers.Serializer[Any]):
    """Parses a body or a query; refuses unknown names and anything that is not an object."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name: [_("Unknown field.")] for name in unknown})
        return super().to_internal_value(data)


class OutputSerializer(serializers.Serializer[Any]):
    """Renders an answer."""
