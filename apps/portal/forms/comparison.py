"""Answers as numbers that have an order. Stored answers are plain JSON, so dates and times are text until here."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from apps.portal.forms.schema import NUMBERS, TIMES, FieldType

ORDERED: Final = NUMBERS | TIMES
"""Types with an order of their own, so that greater and less mean something."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def measure(field_type: FieldType, value: object) -> int | float:
    """Return what `min` and `max` bound: the value of numbers and dates, the length of text and lists.

    A bound of text is a number already and is its own measure. Times are whole microseconds, so nothing is rounded.
    """
    if field_type is FieldType.DATE:
        return date.fromisoformat(str(value)).toordinal()
    if field_type is FieldType.DATETIME:
        return (datetime.fromisoformat(str(value)) - EPOCH) // timedelta(microseconds=1)
    if isinstance(value, int | float):
        return value
    return len(value) if isinstance(value, str | list) else 0
