"""Database wrapper: search_path and role follow the context in one statement, sent only when they changed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.utils import DatabaseError
from django_tenants.postgresql_backend import base as django_tenants_base

from apps.tenants.naming import PUBLIC, role_name

OWNER = "none"  # PostgreSQL's word for "no SET ROLE in force": the login role itself
_SET_CONTEXT = "SELECT set_config('search_path', %s, false), set_config('role', %s, false)"


class _CachePerSchema(dict[Any, Any]):
    """ContentType's cache, apart for each schema, so that no switch has to flush it.

    ``ContentTypeManager`` keys it by database alias; here the connection's schema is part of the key.
    """

    @staticmethod
    def _key(using: Any) -> Any:
        from django.db import connections  # noqa: PLC0415  # the connection handler is not ready at import

        return using, connections[using].schema_name

    def __getitem__(self, using: Any) -> Any:
        return super().__getitem__(self._key(using))

    def get(self, using: Any, default: Any = None) -> Any:
        return super().get(self._key(using), default)

    def setdefault(self, using: Any, default: Any = None) -> Any:
        return super().setdefault(self._key(using), default)


class DatabaseWrapper(django_tenants_base.DatabaseWrapper):
    """django-tenants' wrapper with PostgreSQL roles and a cheaper switch of tenant.

    The wanted context is (search path, role); it is sent with the next cursor if the connection is not known to be in
    it already. Rolled back transactions and savepoints may have undone it, so they make it unknown.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.as_owner = False
        self._applied: tuple[str, str] | None = None
        super().__init__(*args, **kwargs)

    # -- what is wanted

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Makes ``tenant`` the context of the statements to come; the database hears of it with the next cursor."""
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.include_public_schema = include_public
        self.set_settings_schema(self.schema_name)

    def _wanted(self) -> tuple[str, str]:
        if self.schema_name == PUBLIC:
            path = PUBLIC
        else:
            path = f'"{self.schema_name}"' + (f",{PUBLIC}" if self.include_public_schema else "")
        if self.as_owner or not settings.TENANT_ROLES:
            return path, OWNER
        return path, role_name(self.settings_dict["NAME"], self.schema_name)

    # -- what the connection is in

    def _handle_search_path(self, cursor: Any = None) -> None:
        wanted = self._wanted()
        if self._setting_search_path or self._applied == wanted:
            return
        self._setting_search_path = True
        try:
            target = self.connection.cursor() if cursor is None else cursor
            target.execute(_SET_CONTEXT, wanted)
            self._applied = wanted
        except DatabaseError:
            self._applied = None
            if not self.in_atomic_block or not self.needs_rollback_by_server():
                raise
        finally:
            self._setting_search_path = False

    def needs_rollback_by_server(self) -> bool:
        """Whether the server is in a failed transaction, where only ROLLBACK is heard; the next statement says so."""
        import psycopg  # noqa: PLC0415  # kept beside its only use

        return self.connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR

    def forget_context(self) -> None:
        """Makes the next cursor set search_path and role again."""
        self._applied = None

    def close(self) -> None:
        self.forget_context()
        super().close()

    def connect(self) -> None:
        self.forget_context()
        super().connect()

    def rollback(self) -> None:
        self.forget_context()
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self.forget_context()


ContentType.objects._cache = _CachePerSchema()
