"""Objects and querysets belong to the schema they came from.

Measured with django-tenants 4.0.1: a lazy queryset built in A and evaluated in B reads B, an object loaded in A and
saved in B overwrites B's row. So both carry their origin and refuse to work elsewhere:

- objects: the origin is the ``_state.db`` that Django sets; the router checks it on save, delete, refresh, assignment
  to a foreign key and access to relations;
- querysets: :class:`TenantQuerySet` remembers where it was built, checks when it is looked at, and the compilers of
  queries check again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self, TypeVar

from django.apps import apps
from django.db import models

from apps.tenants.naming import PUBLIC
from apps.tenants.origin import CrossTenantError, bound, check_instance, check_origin, here, schema_here
from apps.tenants.routers import lives_in_schemas

__all__ = ["CrossTenantError", "GuardedModel", "GuardedQuerySet", "TenantQuerySet", "guard_third_parties"]

M = TypeVar("M", bound=models.Model)


def _check_values(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, models.Model):
            check_instance(value)


class GuardedQuerySet:
    """Mixed into a queryset class: what was built in one schema is refused in any other.

    Built outside an organization it belongs to nobody, and to the first organization that uses it.
    """

    _db: str | None
    model: Any

    def __init__(self, model: Any = None, query: Any = None, using: str | None = None, hints: Any = None) -> None:
        super().__init__(model, query, bound(using), hints)  # type: ignore[call-arg]  # the class it is mixed into

    def _check(self) -> None:
        check_origin(self._db, f"{self.model.__name__} query")

    @property
    def query(self) -> Any:
        """What evaluates, chains or combines a queryset asks for this first."""
        self._check()
        return super().query  # type: ignore[misc]

    @query.setter
    def query(self, value: Any) -> None:
        models.QuerySet.query.fset(self, value)  # type: ignore[attr-defined]

    def _fetch_all(self) -> None:
        self._check()
        if self._db is None and schema_here() != PUBLIC:
            self._db = here()
        super()._fetch_all()  # type: ignore[misc]

    # These three answer from results in hand without asking for anything else.

    def __getitem__(self, key: Any) -> Any:
        self._check()
        return super().__getitem__(key)  # type: ignore[misc]

    def count(self) -> int:
        self._check()
        return super().count()  # type: ignore[misc,no-any-return]

    def exists(self) -> bool:
        self._check()
        return super().exists()  # type: ignore[misc,no-any-return]

    def _add_hints(self, **hints: Any) -> None:
        _check_values(hints.values())
        super()._add_hints(**hints)  # type: ignore[misc]

    def _filter_or_exclude(self, negate: bool, args: Any, kwargs: dict[str, Any]) -> Any:
        _check_values(kwargs.values())
        return super()._filter_or_exclude(negate, args, kwargs)  # type: ignore[misc]

    def using(self, alias: str | None) -> Self:
        return super().using(bound(alias))  # type: ignore[misc,no-any-return]

    def update(self, **kwargs: Any) -> int:
        _check_values(kwargs.values())
        return super().update(**kwargs)  # type: ignore[misc,no-any-return]

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        objects = list(objs)
        _check_values(objects)
        return super().bulk_create(objects, *args, **kwargs)  # type: ignore[misc]

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        objects = list(objs)
        _check_values(objects)
        return super().bulk_update(objects, *args, **kwargs)  # type: ignore[misc]

    bulk_update.alters_data = True  # type: ignore[attr-defined]


class TenantQuerySet(GuardedQuerySet, models.QuerySet[M]):
    """A queryset that works only in the schema where it was made."""


class GuardedModel(models.Model):
    """A model whose querysets know their schema; its objects do anyway."""

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        check_instance(self)  # also where ``using`` was named and the router is not asked
        super().save_base(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        check_instance(self)
        return super().delete(*args, **kwargs)


def guard_third_parties() -> None:
    """Guards the querysets of other people's models that live in schemas: groups, permissions, sessions, log entries.

    Their managers get a guarded queryset class. Plain ``Manager`` stays plain: it serves the shared tables as well.
    """
    for model in apps.get_models():
        if issubclass(model, GuardedModel) or not lives_in_schemas(model._meta.app_label):
            continue
        for manager in model._meta.managers:
            kind: Any = type(manager)
            if kind is not models.Manager and not issubclass(kind._queryset_class, GuardedQuerySet):
                kind._queryset_class = type(
                    f"Guarded{kind._queryset_class.__name__}", (GuardedQuerySet, kind._queryset_class), {}
                )
