"""Cursors that look at the context when they execute: one opened in A and used in B works in B."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg import Cursor
from psycopg.errors import FeatureNotSupported
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from apps.tenants.postgresql.base import DatabaseWrapper

# Statements after which the server may be in another context than we last told it.
_UNDOES = re.compile(r"\s*(?:ROLLBACK|ABORT|COMMIT|END|SET|RESET|DISCARD)\b", re.IGNORECASE)


class ContextCursor(CursorWrapper):
    """Brings the connection into the wanted context before every statement."""

    db: DatabaseWrapper

    def _execute(self, sql: Any, params: Any, *ignored: Any) -> Any:
        return self._in_context(super()._execute, sql, params, *ignored)  # type: ignore[misc]  # private in Django

    def _executemany(self, sql: Any, param_list: Any, *ignored: Any) -> Any:
        return self._in_context(super()._executemany, sql, param_list, *ignored)  # type: ignore[misc]  # same

    def _in_context(self, execute: Any, sql: Any, *arguments: Any) -> Any:
        self.db.apply_context()
        try:
            return execute(sql, *arguments)
        finally:
            if isinstance(sql, str) and _UNDOES.match(sql):
                self.db.forget_context()

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        """psycopg's COPY, which Django does not wrap."""
        self.db.apply_context()
        return self.cursor.copy(*args, **kwargs)

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        """psycopg's row-by-row reading, which Django does not wrap."""
        self.db.apply_context()
        return self.cursor.stream(*args, **kwargs)


class ContextDebugCursor(ContextCursor, CursorDebugWrapper):
    """The same, with Django's log of queries."""


class PreparedCursor(Cursor[Any]):
    """Lets PostgreSQL plan what is asked again and again once, and anew when search_path or a table has changed.

    Rights are looked at whenever a plan is used, so what another role may not read stays unread. A plan of before a
    migration that changed the type of an answer is refused; it is given up then, and made again.
    """

    def execute(self, query: Any, params: Any = None) -> Any:  # type: ignore[override]  # as Django calls it
        try:
            return super().execute(query, params)
        except FeatureNotSupported:
            if self.connection.info.transaction_status != TransactionStatus.IDLE:
                raise  # the transaction has failed, and its rollback gives up all plans
            self.connection.execute("DEALLOCATE ALL")
            return super().execute(query, params)
