"""What an organization consists of, as digests that can be compared: every table, every file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.core.files.storage import default_storage
from django.db import connection

from apps.tenants.context import owner_context

State = dict[str, str]
_ALL_ROWS = (
    "SELECT count(*), md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) FROM {table} t {where}"
)


def state_of(schema: str) -> State:
    """Digests of the schema's tables, of its rows in the shared tables and of its files."""
    with owner_context():
        own = {table: f'"{schema}"."{table}"' for table in _tables(schema)}
        shared = {f"public.{table}": f'public."{table}"' for table in _tables_by_schema()}
        rows = {name: _digest(table, "", []) for name, table in own.items()}
        rows |= {name: _digest(table, "WHERE schema_name = %s", [schema]) for name, table in shared.items()}
    return rows | dict(_files(schema))


def changes(before: State, after: State) -> list[str]:
    """Names of what differs."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _tables(schema: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        return [row[0] for row in cursor.fetchall()]


def _tables_by_schema() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name = 'schema_name'"
        )
        return [row[0] for row in cursor.fetchall()]


def _digest(table: str, where: str, parameters: list[str]) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_ALL_ROWS.format(table=table, where=where), parameters)
        count, digest = cursor.fetchone()
    return f"{count} rows, {digest}"


def _files(folder: str) -> Iterator[tuple[str, str]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        with default_storage.open(f"{folder}/{name}", "rb") as file:
            yield f"file {folder}/{name}", hashlib.file_digest(file, "sha256").hexdigest()
    for name in folders:
        yield from _files(f"{folder}/{name}")
