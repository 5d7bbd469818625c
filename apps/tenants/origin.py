"""Where an object or a query comes from: a database alias that remembers the schema it was made in.

Django writes the alias of the database into every object it loads (``_state.db``) and into every queryset that names
one. Ours is a string equal to that alias with the schema beside it, so objects of every class are stamped, third
parties' included, at no cost per object.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from django.db import DEFAULT_DB_ALIAS, connections, models

from apps.tenants.naming import PUBLIC

if TYPE_CHECKING:
    from apps.tenants.postgresql.base import DatabaseWrapper


class CrossTenantError(RuntimeError):
    """An object or a query of one organization was used in another, or outside any."""

    def __init__(self, what: object, origin: str, here: str) -> None:
        super().__init__(f"{what} belongs to schema {origin!r} and cannot be used in {here!r}")


class Origin(str):
    """The alias ``default`` as seen from one schema; equal to the plain alias wherever Django compares."""

    __slots__ = ("schema",)
    schema: str

    def __new__(cls, alias: str, schema: str) -> Origin:
        origin = super().__new__(cls, alias)
        origin.schema = schema
        return origin

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # str has no second argument
        return str(self), self.schema


@lru_cache(maxsize=4096)
def _origin(schema: str) -> Origin:
    return Origin(DEFAULT_DB_ALIAS, schema)


def schema_here() -> str:
    """The schema of this thread's context."""
    return cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS]).schema_name


def here() -> Origin:
    """The origin of what is loaded or built now."""
    return _origin(schema_here())


def bound(alias: str | None) -> str | None:
    """``alias`` with the current schema, unless it has one already.

    Outside an organization it stays as it is: forms and filters name querysets while modules are imported, and those
    belong to nobody until they are used.
    """
    if isinstance(alias, Origin):
        return alias
    schema = schema_here()
    return alias if schema == PUBLIC else _origin(schema)


def schema_of(instance: models.Model) -> str | None:
    """The schema an object was loaded from or saved in; None for a new one and for those of shared tables."""
    origin = instance._state.db
    return origin.schema if isinstance(origin, Origin) else None


def check_origin(origin: str | None, what: object) -> None:
    """Raises ``CrossTenantError`` where ``origin`` is another schema than the current one."""
    if isinstance(origin, Origin):
        schema = schema_here()
        if origin.schema != schema:
            raise CrossTenantError(what, origin.schema, schema)


def check_instance(instance: models.Model) -> None:
    """Raises ``CrossTenantError`` for an object of another schema."""
    if isinstance(instance._state.db, Origin):
        check_origin(instance._state.db, type(instance).__name__)
