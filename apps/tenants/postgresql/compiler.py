"""Compilers of queries: the one place every query passes, so here a query of another schema is refused."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import compiler as postgresql

from apps.tenants.origin import Origin, check_origin


class _Guarded:
    def __init__(self, query: Any, connection: Any, using: str | None, elide_empty: bool = True) -> None:
        if isinstance(using, Origin):
            check_origin(using, "this query")
        super().__init__(query, connection, using, elide_empty)  # type: ignore[call-arg]  # the class it is mixed into


class SQLCompiler(_Guarded, postgresql.SQLCompiler):
    pass


class SQLInsertCompiler(_Guarded, postgresql.SQLInsertCompiler):
    pass


class SQLDeleteCompiler(_Guarded, postgresql.SQLDeleteCompiler):
    pass


class SQLUpdateCompiler(_Guarded, postgresql.SQLUpdateCompiler):
    pass


class SQLAggregateCompiler(_Guarded, postgresql.SQLAggregateCompiler):
    pass
