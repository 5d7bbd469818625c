"""How output serializers read objects: what DRF asks anew for every row is found out once for each list.

Most fields show an attribute, or one of a related object, as it is. Those are read with one ``attrgetter``; wherever
that is not all (mappings, defaults, missing relations, methods) DRF's own reading is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from django.core.exceptions import ObjectDoesNotExist
from rest_framework import serializers

Way = Callable[[Any], Any]


class Shown(NamedTuple):
    """One field of an answer: its name, the quick way to its value, and how the value is written."""

    field: Any
    name: str
    read: Way
    write: Way


def shown(field: Any) -> Shown:
    """How a bound field is read and written."""
    path = ".".join(field.source_attrs)
    return Shown(field, field.field_name, attrgetter(path) if path else _itself, _writer(field))


def represent(instance: Any, fields: list[Shown]) -> dict[str, Any]:
    """What DRF's ``Serializer.to_representation`` gives, for fields that :func:`shown` has looked at."""
    answer: dict[str, Any] = {}
    for field, name, read, write in fields:
        try:
            value = read(instance)
            is_all = not callable(value)
        except (AttributeError, ObjectDoesNotExist):
            is_all = False
        if not is_all:
            try:
                value = field.get_attribute(instance)
            except serializers.SkipField:
                continue
        answer[name] = None if value is None else write(value)
    return answer


def _itself(instance: Any) -> Any:
    return instance


def _writer(field: Any) -> Way:
    """The field's own way, or a shorter one to the same result."""
    kind = type(field)
    if kind is serializers.CharField or (kind is serializers.UUIDField and field.uuid_format == "hex_verbose"):
        return str
    if kind is serializers.IntegerField:
        return int
    if kind is serializers.DateTimeField and not hasattr(field, "format"):
        return lambda value: _utc(value) or field.to_representation(value)
    return field.to_representation  # type: ignore[no-any-return]


def _utc(value: Any) -> str | None:
    """ISO 8601 of a time in UTC, as those of the database are; None for anything else."""
    return f"{value.isoformat()[:-6]}Z" if type(value) is datetime and value.tzinfo is UTC else None
