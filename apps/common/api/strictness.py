"""What strict means: JSON types are not bent into one another; text no database can hold stops at the door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

MAXIMUM_DEPTH = 64
NUL = "\x00"
Reason = Any
"""A text for people, perhaps lazily translated; DRF names its type only in its stubs."""

_TEXTS = (
    serializers.CharField,
    serializers.UUIDField,
    serializers.DateTimeField,
    serializers.DateField,
    serializers.TimeField,
    serializers.DurationField,
)


def _is_integer(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def mismatch(field: Any, value: object) -> Reason | None:
    """Why a value of a JSON body has the wrong type for a field, or None where it has not."""
    if value is None or isinstance(field, serializers.ChoiceField):
        return None
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next((text for item in value if (text := mismatch(field.child, item)) is not None), None)
    if isinstance(field, serializers.DictField) and isinstance(value, Mapping):
        return next((text for item in value.values() if (text := mismatch(field.child, item)) is not None), None)
    if isinstance(field, serializers.BooleanField):
        return None if isinstance(value, bool) else _("Must be true or false.")
    if isinstance(field, serializers.IntegerField):
        return None if _is_integer(value) else _("Must be an integer.")
    if isinstance(field, serializers.FloatField):
        return None if _is_number(value) else _("Must be a number.")
    if isinstance(field, _TEXTS):
        return None if isinstance(value, str) else _("Must be a string.")
    return None


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def objection(document: object) -> Reason | None:
    """Why a parsed document cannot be taken whatever its fields: nested too deeply, or NUL in a text."""
    level = [document]
    for _depth in range(MAXIMUM_DEPTH + 1):
        if any(isinstance(value, str) and NUL in value for value in level):
            return _("Null characters are not allowed.")
        level = [child for value in level for child in _children(value)]
        if not level:
            return None
    return _("Nested too deeply.")


def worth_a_look(raw: bytes) -> bool:
    """Whether a body could have what :func:`objection` looks for; most bodies are spared the walk."""
    return raw.count(b"[") + raw.count(b"{") > MAXIMUM_DEPTH or b"\\u0000" in raw
