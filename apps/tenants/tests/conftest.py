"""What PostgreSQL itself says of a connection, and what was sent to it."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql import base as postgresql

from apps.tenants.naming import role_name
from tests.storages import folder_storage

__all__ = ["folder_storage"]


def server_state() -> tuple[str, str]:
    """The search_path and role that the server has for this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path'), current_user::text")
        path, role = cursor.fetchone()
        return path, role


def role_of(schema: str) -> str:
    """The role that works in a schema: the login itself with TENANT_ROLES=off."""
    if not settings.TENANT_ROLES:
        return str(connection.settings_dict["USER"])
    return role_name(str(connection.settings_dict["NAME"]), schema)


def state_of(schema: str) -> tuple[str, str]:
    """What :func:`server_state` must be inside a schema."""
    return ("public" if schema == "public" else f'"{schema}",public'), role_of(schema)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that reaches psycopg, those of the wrapper itself included."""
    statements: list[str] = []
    kind: Any = postgresql.Cursor
    execute = kind.execute

    def recording(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        statements.append(str(query))
        return execute(self, query, *args, **kwargs)

    monkeypatch.setattr(kind, "execute", recording)
    return statements
