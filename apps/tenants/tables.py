"""The tables of a schema as an archive sees them: columns, sequences, and which rows stay where they are."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

_COLUMNS = """
    SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
      AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.relname ORDER BY c.relname"""
_TRUNCATABLE = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & 32 <> 0)"""
_SEQUENCES = """
    SELECT s.relname, t.relname, a.attname
    FROM pg_class s
    JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
    JOIN pg_class t ON t.oid = d.refobjid
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE s.relkind = 'S' AND s.relnamespace = %s::regnamespace"""


@dataclass(frozen=True, slots=True)
class ArchivedTable:
    """A table whose rows go into archives; the columns of ``blank`` as NULL."""

    name: str
    columns: tuple[str, ...]
    blank: frozenset[str]


def archived_tables(schema: str) -> dict[str, ArchivedTable]:
    """The tables whose rows go into an archive, by name."""
    models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    blank: dict[str, frozenset[str]] = {
        name: getattr(model, "blank_in_archives", frozenset()) for name, model in models.items()
    }
    return {
        name: ArchivedTable(name, tuple(columns), blank.get(name, frozenset()))
        for name, columns in _columns(schema).items()
        if name not in left_out()
    }


def left_out() -> frozenset[str]:
    """Tables that stay: which migrations ran, what keeps people signed in, and what else is bound to SECRET_KEY."""
    ours = {model._meta.db_table for model in apps.get_models() if not getattr(model, "in_archives", True)}
    return frozenset(ours | {Session._meta.db_table, MigrationRecorder.Migration._meta.db_table})


def rows_left_out(schema: str) -> dict[str, int]:
    """How many rows of a schema stay where they are, by table."""
    counts = {}
    with connection.cursor() as cursor:
        for name in sorted(_columns(schema).keys() & left_out() - {MigrationRecorder.Migration._meta.db_table}):
            cursor.execute(f"SELECT count(*) FROM {qualified(schema, name)}")
            counts[name] = int(cursor.fetchone()[0])
    return counts


def text_settle() -> None:
    """Lets COPY write and read values in the same words on every server, until the transaction ends."""
    settings = {"datestyle": "ISO, YMD", "intervalstyle": "postgres", "bytea_output": "hex", "extra_float_digits": "1"}
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def tables_clear(schema: str) -> None:
    """Empties a fresh schema of its reference rows, those of migrations aside; what may not be emptied is empty."""
    with connection.cursor() as cursor:
        cursor.execute(_TRUNCATABLE, [schema])
        names = {name for (name,) in cursor.fetchall()} - {MigrationRecorder.Migration._meta.db_table}
        cursor.execute(f"TRUNCATE {', '.join(qualified(schema, name) for name in sorted(names))}")


def sequences_set(schema: str) -> None:
    """Lets every sequence go on after the highest value of its column."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES, [schema])
        for sequence, table, column in cursor.fetchall():
            highest = f"max({connection.ops.quote_name(column)})"
            cursor.execute(
                f"SELECT setval(%s::regclass, greatest(coalesce({highest}, 1), 1), {highest} IS NOT NULL)"
                f" FROM {qualified(schema, table)}",
                [qualified(schema, sequence)],
            )


def qualified(schema: str, name: str) -> str:
    """The name with its schema, quoted."""
    quote = connection.ops.quote_name
    return f"{quote(schema)}.{quote(name)}"


def _columns(schema: str) -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [schema])
        return dict(cursor.fetchall())
