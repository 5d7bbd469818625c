"""``ordering`` of lists: by declared names only, descending with ``-``, and the same whenever it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.common.api.cursors import reverse

Rows = QuerySet[Any, Any]
Order = Callable[[Rows], Rows]
"""What a choice does to the rows of a list; the validated value of the fields below."""


class OrderingField(serializers.ChoiceField):
    """For numbered pages: names as the answer has them → columns. An ``F`` names a column whose nulls come last."""

    def __init__(self, columns: Mapping[str, str | F], *, default: str) -> None:
        self.columns = columns
        names = [name for column in columns for name in (column, f"-{column}")]
        super().__init__(choices=names, default=default, help_text=_("Descending with `-`."))

    def get_default(self) -> Any:
        return self.to_internal_value(super().get_default())

    def to_internal_value(self, data: Any) -> Any:
        """Equal rows are told apart by their ids, so that pages neither repeat nor miss any."""
        choice = str(super().to_internal_value(data))
        sign, column = "-" if choice.startswith("-") else "", self.columns[choice.removeprefix("-")]
        term: Any = f"{sign}{column}"
        if isinstance(column, F):
            term = column.desc(nulls_last=True) if sign else column.asc(nulls_last=True)
        return lambda rows: rows.order_by(term, f"{sign}id")


class DirectionField(serializers.ChoiceField):
    """For long lists, which have one order that a cursor can follow: newest first or, without ``-``, oldest first."""

    def __init__(self, name: str) -> None:
        super().__init__(choices=[f"-{name}", name], default=f"-{name}", help_text=_("Newest or oldest first."))

    def get_default(self) -> Any:
        return self.to_internal_value(super().get_default())

    def to_internal_value(self, data: Any) -> Any:
        return _as_it_is if str(super().to_internal_value(data)).startswith("-") else reverse


def ordered(request: Any, rows: Rows) -> Rows:
    """The rows as the query orders them; where it declares no ``ordering``, as they are."""
    return request.query.get("ordering", _as_it_is)(rows)  # type: ignore[no-any-return]


def _as_it_is(rows: Rows) -> Rows:
    return rows
