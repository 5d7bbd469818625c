"""Models of rows that a written-out query reads or adds, where making Django's query costs more than answering it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState

from apps.tenants.context import wrapper
from apps.tenants.origin import check_instance, here
from apps.tenants.routers import lives_in_schemas

M = TypeVar("M", bound=models.Model)


class Rows(Generic[M]):
    """Says which columns to ask for, and makes objects of them that belong to the current schema, as querysets do.

    And adds objects, at a fifth of the calls of ``save(force_insert=True)``; nothing of ours listens to that.
    """

    def __init__(self, model: type[M]) -> None:
        self._model = model

    def columns(self, table: str) -> str:
        """All columns, in order, of a table that the query calls so."""
        return ", ".join(f'{table}."{field.column}"' for field in self._fields)

    @property
    def width(self) -> int:
        """How many columns that are."""
        return len(self._fields)

    def made(self, row: Sequence[Any]) -> M:
        """The object of a row that holds these columns and no others."""
        values = list(row)
        for place, convert in self._converters:
            values[place] = convert(values[place])
        # Filled as one that is unpickled: the constructor sets each column by itself, which takes five times as long.
        instance = self._model.__new__(self._model)
        instance.__dict__.update(zip(self._names, values, strict=True), _state=ModelState())
        self.stored(instance)
        return instance

    @cached_property
    def insert(self) -> str:
        """The statement that adds a row of :meth:`values`, to be part of a longer one or asked by itself."""
        columns = [field.column for field in self._fields]
        named = ", ".join(f'"{column}"' for column in columns)
        given = ", ".join(f"%({column})s" for column in columns)
        return f'INSERT INTO "{self._model._meta.db_table}" ({named}) VALUES ({given})'

    def values(self, instance: M) -> dict[str, Any]:
        """What a new object has in its columns. Raises ``CrossTenantError`` for one of another schema."""
        check_instance(instance)
        own = wrapper()
        return {field.column: field.get_db_prep_save(field.pre_save(instance, add=True), own) for field in self._fields}

    def add(self, instance: M) -> None:
        """Adds the row of a new object."""
        wrapper().ask(f"{self.insert} RETURNING true", self.values(instance))
        self.stored(instance)

    def stored(self, instance: M) -> None:
        """Has an object know that its row is there, as ``save`` does and reading does."""
        instance._state.adding, instance._state.db = False, self._origin()

    def _origin(self) -> str:
        return here() if self._in_schemas else DEFAULT_DB_ALIAS

    @cached_property
    def _in_schemas(self) -> bool:
        return lives_in_schemas(self._model._meta.app_label)

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
