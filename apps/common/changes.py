"""Changing some fields of a row: what differs is written on it, and what fields say of their values is asked.

Names and other texts of one line stand in pages, in lists of others and in the subjects of mails. There a line break
ends what it stands in, and signs that turn the direction of what follows have one name pass for another. Marks of
direction that writers of Arabic and Hebrew need (U+200E, U+200F, U+061C) are none of those.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import CharField, Model
from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidInput

NOT_A_LINE = _("This must be one line, without control characters.")
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_line(text: str) -> bool:
    """Whether a text is one line that reads in the order in which it is written."""
    return not any(character in _TURNS or unicodedata.category(character) in _CONTROLS for character in text)


def check_lines(texts: Mapping[str, str | None]) -> None:
    """Asks of each text, by the name of its field, that it is one line; raises ``InvalidInput`` naming the fields."""
    wrong = {name: [NOT_A_LINE] for name, text in texts.items() if text and not is_line(text)}
    if wrong:
        raise InvalidInput(errors=wrong)


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
