"""Cursors: the place of a row in a list ordered by one unique column, opaque to the client."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Field, Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

Rows = QuerySet[Any, Any]


def _term(rows: Rows) -> str:
    """What orders ``rows``: the name of one unique column, with ``-`` where it descends."""
    ordering = rows.query.order_by or rows.model._meta.ordering
    if not ordering or not isinstance(ordering[0], str):
        raise ImproperlyConfigured(f"{rows.model.__name__} rows must be ordered by the name of one unique column")
    return str(ordering[0])


def _order(rows: Rows) -> tuple[Field[Any, Any], bool]:
    """The column that orders ``rows``, and whether it descends."""
    term = _term(rows)
    name = term.removeprefix("-")
    field = rows.model._meta.pk if name == "pk" else rows.model._meta.get_field(name.removesuffix("_id"))
    return field, term.startswith("-")


def reverse(rows: Rows) -> Rows:
    """The same rows from the other end, along the same index."""
    term = _term(rows)
    return rows.order_by(term.removeprefix("-") if term.startswith("-") else f"-{term}")


def cursor_of(rows: Rows, row: Model) -> str:
    """The place right after ``row``."""
    field, _descending = _order(rows)
    return base64.urlsafe_b64encode(str(getattr(row, field.attname)).encode()).decode().rstrip("=")


def place_of(rows: Rows, cursor: str) -> Any:
    """The value of the ordering column that a cursor stands for; a cursor that is none of ours is 422."""
    field, _descending = _order(rows)
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        return getattr(field, "target_field", field).to_python(text)
    except (binascii.Error, UnicodeDecodeError, ValueError, DjangoValidationError) as error:
        raise ValidationError({"cursor": [_("Not a cursor of this list.")]}) from error


def rows_after(rows: Rows, place: Any) -> Rows:
    """What follows a place, found through the index."""
    field, descending = _order(rows)
    return rows.filter(**{f"{field.attname}__{'lt' if descending else 'gt'}": place})


def place_before(rows: Rows, start: int, total: int) -> Any:
    """The place that row ``start`` of so many follows, from the nearer end of the index; None where it is gone."""
    field, _descending = _order(rows)
    rows, skipped = (reverse(rows), total - start) if start > total // 2 else (rows, start - 1)
    return rows.values_list(field.attname, flat=True)[skipped : skipped + 1].first()
