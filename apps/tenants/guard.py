"""Objects and querysets belong to the schema they came from.

Measured with django-tenants 4.0.1: a lazy queryset built in A and evaluated in B reads B, an object loaded in A and
saved in B overwrites B's row. So both are stamped, and refuse to work elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


class CrossTenantError(RuntimeError):
    """An object or a queryset of one organization was used in another."""

    def __init__(self, what: object, origin: str, here: str) -> None:
        super().__init__(f"{what} belongs to schema {origin!r} and cannot be used in {here!r}")


def _check(what: object, origin: str | None) -> None:
    here = connection.schema_name
    if origin is not None and origin != here:
        raise CrossTenantError(what, origin, here)


class TenantQuerySet(models.QuerySet[M]):
    """A queryset that evaluates only in the schema where it was made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._schema: str = connection.schema_name

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]  # private in Django, and the only hook there is
        clone._schema = self._schema
        return clone  # type: ignore[no-any-return]

    def _checked(self) -> None:
        _check(self.model.__name__ + " query", self._schema)

    def _fetch_all(self) -> None:
        if self._result_cache is None:  # type: ignore[has-type]
            self._checked()
        super()._fetch_all()  # type: ignore[misc]

    def iterator(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self._checked()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        self._checked()
        return super().count()

    def exists(self) -> bool:
        self._checked()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._checked()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._checked()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._checked()
        return super().delete()

    def bulk_create(self, *args: Any, **kwargs: Any) -> Any:
        self._checked()
        return super().bulk_create(*args, **kwargs)



class GuardedModel(models.Model):
    """Instances remember their schema when loaded or first saved."""

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any) -> Self:
        instance = super().from_db(db, field_names, values)
        instance._state.schema = connection.schema_name  # type: ignore[attr-defined]
        return instance

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._check_schema()
        super().save(*args, **kwargs)
        self._state.schema = connection.schema_name  # type: ignore[attr-defined]

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._check_schema()
        return super().delete(*args, **kwargs)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self._check_schema()
        super().refresh_from_db(*args, **kwargs)

    def _check_schema(self) -> None:
        _check(f"{type(self).__name__} {self.pk}", getattr(self._state, "schema", None))
