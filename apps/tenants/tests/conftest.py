"""What PostgreSQL itself says of a connection, and what was sent to it."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from psycopg import Cursor

from apps.tenants.naming import role_name
from apps.tenants.postgresql import base
from apps.tenants.postgresql.switch import Context, switch_context
from tests.storages import folder_storage

__all__ = ["folder_storage"]

SWITCH = "switch"
"""What the list of what was sent holds for a change of context."""


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
    return ("public" if schema == "public" else f"{schema}, public"), role_of(schema)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that reaches psycopg, and a word for each change of context."""
    statements: list[str] = []
    kind: Any = Cursor
    execute = kind.execute

    def recording(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        statements.append(str(query))
        return execute(self, query, *args, **kwargs)

    def switching(own: Any, context: Context) -> None:
        statements.append(SWITCH)
        switch_context(own, context)

    monkeypatch.setattr(kind, "execute", recording)
    monkeypatch.setattr(base, "switch_context", switching)
    return statements
