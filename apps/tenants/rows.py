"""Models of rows that a written-out query read, for the few places where making Django's query costs more than that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

from django.db import connection, models

from apps.tenants.origin import here

M = TypeVar("M", bound=models.Model)


class Rows(Generic[M]):
    """Says which columns to ask for, and makes objects of them that belong to the current schema, as querysets do."""

    def __init__(self, model: type[M]) -> None:
        self._model = model

    def columns(self, table: str) -> str:
        """All columns, in order, of a table that the query calls so."""
        return ", ".join(f"{table}.{field.column}" for field in self._fields)

    @property
    def width(self) -> int:
        """How many columns that are."""
        return len(self._fields)

    def made(self, row: Sequence[Any]) -> M:
        """The object of a row that holds these columns and no others."""
        values = list(row)
        for place, convert in self._converters:
            values[place] = convert(values[place])
        return self._model.from_db(here(), self._names, values)

    @cached_property
    def _fields(self) -> list[Any]:
        return list(self._model._meta.concrete_fields)

    @cached_property
    def _names(self) -> list[str]:
        return [field.attname for field in self._fields]

    @cached_property
    def _converters(self) -> list[tuple[int, Callable[[Any], Any]]]:
        return list(_converters(self._fields))


def _converters(fields: Iterable[Any]) -> Iterable[tuple[int, Callable[[Any], Any]]]:
    for place, field in enumerate(fields):
        if hasattr(field, "from_db_value"):
            yield place, partial(_converted, field)


def _converted(field: Any, value: Any) -> Any:
    return field.from_db_value(value, field.cached_col, connection)
