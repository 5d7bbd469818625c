"""Changing some fields of a row: what differs is written on it, and what fields say of their values is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import CharField, Model

from apps.common.errors import InvalidInput
from apps.common.lines import check_lines


def assign(row: Model, values: Mapping[str, Any]) -> list[str]:
    """Writes the values on the row; returns the names of those that differ, in order."""
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    return changed


def check_fields(row: Model, names: Collection[str]) -> None:
    """Asks the validators of these fields, and the row's ``clean``; raises ``InvalidInput`` naming the field.

    What is no text of any length (``CharField``) is one line.
    """
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields} - set(names))
        row.clean()
    except ValidationError as error:
        raise InvalidInput(errors=error.message_dict) from error
    lines = (field.name for field in row._meta.fields if isinstance(field, CharField) and field.name in names)
    check_lines({name: getattr(row, name) for name in lines})
