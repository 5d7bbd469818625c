"""Recording the SQL of real migrations, to be replayed in one round trip and one transaction."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from psycopg import ClientCursor
from psycopg.sql import Composable

from apps.common.ids import uuid7

# What changes nothing. Everything else is kept: a statement too many costs a moment, one too few a wrong schema.
_READS = {
    "SHOW", "SET", "RESET", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "START", "COMMIT", "END", "ABORT",
    "EXPLAIN", "DECLARE", "FETCH", "CLOSE", "VALUES", "TABLE", "LOCK", "ANALYZE", "VACUUM", "LISTEN", "NOTIFY",
}  # fmt: skip
_COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
# SELECT with an effect starts with a function of its own: setval(), perform_something()
_CALL = re.compile(
    r"SELECT\s+(?!(?:COUNT|MAX|MIN|SUM|AVG|EXISTS|COALESCE|CAST|SET_CONFIG|CURRENT_SETTING|PG_\w*LOCK)\b)[\w.\"]+\s*\(",
    re.IGNORECASE,
)
_CONCURRENTLY = re.compile(r"\b((?:CREATE\s+(?:UNIQUE\s+)?|DROP\s+)INDEX)\s+CONCURRENTLY\b", re.IGNORECASE)
_MIGRATION_DONE = 'INSERT INTO "django_migrations"'
# Each migration was a transaction of its own; the replay is one, and must check foreign keys at the same points.
_BOUNDARY = "SET CONSTRAINTS ALL IMMEDIATE;\nSET CONSTRAINTS ALL DEFERRED"
_UUID7 = re.compile(r"\b[0-9a-f]{8}(-?)[0-9a-f]{4}\1?7[0-9a-f]{3}\1?[89ab][0-9a-f]{3}\1?[0-9a-f]{12}\b")
_PLACES = re.compile(r"«(id|hex) (\d+)»")


def changes_something(sql: str) -> bool:
    """Whether a statement (or a script of several) has to be replayed."""
    text = sql[_COMMENTS.match(sql).end() :]  # type: ignore[union-attr]  # the pattern matches the empty string too
    word = re.split(r"[^A-Za-z]", text, maxsplit=1)[0].upper()
    if word == "SELECT":
        return _CALL.match(text) is not None or ";" in text.rstrip().rstrip(";")
    if word == "SET":
        return text.upper().startswith("SET CONSTRAINTS")
    return word != "" and word not in _READS


class Recorder:
    """An execute wrapper that keeps the statements that change something, with their parameters written in.

    Identifiers (UUIDv7) that were made during the recording become places, so that each schema gets its own.
    """

    def __init__(self) -> None:
        self._started = _milliseconds()
        self.statements: list[str] = []
        self._places: dict[uuid.UUID, int] = {}

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        raw = context["connection"].connection
        text = sql.as_string(raw) if isinstance(sql, Composable) else str(sql)
        if changes_something(text):
            for row in params if many else [params]:
                self._keep(text if row is None else ClientCursor(raw).mogrify(text, row))
        return result

    def _keep(self, statement: str) -> None:
        self.statements.append(_CONCURRENTLY.sub(r"\1", statement.strip().rstrip(";")))
        if statement.startswith(_MIGRATION_DONE):
            self.statements.append(_BOUNDARY)

    def with_places(self) -> list[str]:
        """What was recorded, with places where identifiers stood."""
        return [_UUID7.sub(self._place, statement) for statement in self.statements]

    def _place(self, found: re.Match[str]) -> str:
        identifier = uuid.UUID(found.group())
        if not self._started <= identifier.int >> 80 <= _milliseconds():
            return found.group()  # a constant of the migration's author, or no identifier at all
        number = self._places.setdefault(identifier, len(self._places))
        return f"«{'id' if found.group(1) else 'hex'} {number}»"


def script(statements: list[str]) -> str:
    """One text of all statements, with fresh identifiers in the places."""
    fresh: dict[str, uuid.UUID] = {}

    def identifier(found: re.Match[str]) -> str:
        new = fresh.setdefault(found.group(2), uuid7())
        return str(new) if found.group(1) == "id" else new.hex

    return _PLACES.sub(identifier, "\n;\n".join([*statements, _BOUNDARY]))


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000
