"""Database wrapper: search_path and role follow the context, told to the server only when they changed."""

from __future__ import annotations

import select
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import NO_DB_ALIAS
from django_tenants.postgresql_backend import base as django_tenants_base
from psycopg import sql
from psycopg.pq import TransactionStatus

from apps.tenants.naming import PUBLIC, role_name
from apps.tenants.postgresql.content_types import separate_content_types
from apps.tenants.postgresql.cursors import ContextCursor, ContextDebugCursor, PreparedCursor
from apps.tenants.postgresql.met import Met
from apps.tenants.postgresql.operations import DatabaseOperations
from apps.tenants.postgresql.switch import Context, switch_context

OWNER = "none"  # PostgreSQL's word for "no SET ROLE in force": the login role itself
ASKED_BEFORE, MOST_PLANS = 5, 32


@lru_cache(maxsize=4096)
def _context(database: str | None, schema: str, with_public: bool, as_owner: bool) -> Context:
    own = PUBLIC if schema == PUBLIC else sql.Identifier(schema).as_string()
    path = f"{own},{PUBLIC}" if with_public and schema != PUBLIC else own
    return path, OWNER if as_owner or database is None else role_name(database, schema)


def _is_silent(connection: Any) -> bool:
    """Whether nothing waits to be read, the end of the connection included, on one that is idle."""
    if connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


class DatabaseWrapper(django_tenants_base.DatabaseWrapper):  # type: ignore[misc]  # untyped library
    """django-tenants' wrapper with PostgreSQL roles and a cheaper switch of tenant.

    The wanted context is (search_path, role). A connection is told before the next statement, if it is not known to be
    in it already: one round trip for each change, none where nothing changed. What can undo it on the server makes it
    unknown: a rollback of a transaction or a savepoint, a failed commit, a new connection, SET and RESET by hand.
    """

    ops_class = DatabaseOperations
    schema_name: str
    pg_version: int

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        self.as_owner = alias == NO_DB_ALIAS
        self._applied: Context | None = None
        self._applied_to: Any = None
        self._asking: PreparedCursor | None = None
        self._met = Met()
        super().__init__(settings_dict, str(alias))

    # -- what is wanted

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Makes ``tenant`` the context of the statements to come; the server hears of it with the next one."""
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.include_public_schema = include_public
        self.set_settings_schema(self.schema_name)

    def _wanted(self) -> Context:
        as_owner = self.as_owner or not settings.TENANT_ROLES
        return _context(self.settings_dict["NAME"], self.schema_name, self.include_public_schema, as_owner)

    # -- what the connection is in

    def apply_context(self) -> None:
        """Brings the connection into the wanted context, in one round trip, if it is not known to be in it."""
        wanted = self._wanted()
        if self._applied == wanted and self._applied_to is self.connection:
            return
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return  # only ROLLBACK is heard now, in whichever context; anything else fails
        self._applied = None
        with self.wrap_database_errors:
            switch_context(self.connection, wanted)
        self._applied, self._applied_to = wanted, self.connection
        self._meet(self.schema_name)

    def _meet(self, schema: str) -> None:
        """Has a connection that met too many organizations replaced after the request: the server forgets no table."""
        self._met.note(schema)
        if self._met.too_many(settings.ENV.database_max_organizations):
            self.close_at = 0.0

    def forget_context(self) -> None:
        """Makes the next statement set search_path and role again."""
        self._applied = None

    def _cursor(self, name: str | None = None) -> Any:
        cursor = super(django_tenants_base.DatabaseWrapper, self)._cursor(name)  # Django's own
        self.apply_context()
        return cursor

    def make_cursor(self, cursor: Any) -> ContextCursor:
        return ContextCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> ContextDebugCursor:
        return ContextDebugCursor(cursor, self)

    # -- what nearly every request asks

    def ask(self, sql: str, values: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows of one of the few statements that every request asks, planned once for a connection.

        From the sixth time on, that is, and for as long as search_path stays: PostgreSQL plans again when it has
        changed. The cursor, which knows how to read each column, is kept, and the last rows with it until the next ask.
        """
        self.close_if_health_check_failed()  # as Django's own cursors do, once a request
        self.ensure_connection()
        if self._asking is None or self._asking.connection is not self.connection:
            self._asking = PreparedCursor(self.connection)
        cursor = self._prepare_cursor(self._asking)
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    # -- what undoes it

    def _commit(self) -> None:
        # PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and nobody raises
        failed = self.connection is not None and self.connection.info.transaction_status == TransactionStatus.INERROR
        try:
            super()._commit()
        except BaseException:
            self.forget_context()
            raise
        if failed:
            self.forget_context()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self.forget_context()

    def connect(self) -> None:
        self.forget_context()
        self._met.forget()
        super().connect()

    def is_usable(self) -> bool:
        """Asks an idle connection only if the server has said something unasked: that it goes, as a rule.

        Django would ask at the beginning of each request, which is a round trip more than most requests need.
        """
        if self.connection is not None and _is_silent(self.connection):
            return True
        return super().is_usable()  # type: ignore[no-any-return]  # untyped library

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Bounds what plans may take of the server's memory, some 100 kB each."""
        connection = super().get_new_connection(conn_params)
        connection.prepared_max = MOST_PLANS
        return connection

    def get_connection_params(self) -> dict[str, Any]:
        """Allows prepared statements, which Django does not use: only those of ``ask`` ever are."""
        parameters: dict[str, Any] = super().get_connection_params()
        return parameters | {"prepare_threshold": ASKED_BEFORE}


separate_content_types()
