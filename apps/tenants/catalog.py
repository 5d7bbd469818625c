"""What a schema consists of, as text that can be compared: two schemas made the same way describe themselves alike."""

from __future__ import annotations

from typing import Any

from django.db import connection

from apps.tenants.naming import role_name

_RELATIONS = """
    SELECT format('%%s %%s persistence=%%s rls=%%s force=%%s options=%%s owner=%%s', c.relkind, c.relname,
                  c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, pg_get_userbyid(c.relowner))
    FROM pg_class c WHERE c.relnamespace = %(schema)s::regnamespace"""
_COLUMNS = """
    SELECT format('%%s.%%s #%%s %%s null=%%s default=%%s identity=%%s generated=%%s collation=%%s', c.relname,
                  a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
                  pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, a.attcollation)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = %(schema)s::regnamespace AND a.attnum > 0 AND NOT a.attisdropped"""
_CONSTRAINTS = """
    SELECT format('%%s %%s valid=%%s %%s', conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace"""
_INDEXES = """
    SELECT format('%%s valid=%%s', pg_get_indexdef(i.indexrelid), i.indisvalid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = %(schema)s::regnamespace"""
_TRIGGERS = """
    SELECT format('%%s enabled=%%s', pg_get_triggerdef(t.oid), t.tgenabled)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = %(schema)s::regnamespace AND NOT t.tgisinternal"""
_FUNCTIONS = """
    SELECT format('%%s acl=%%s', pg_get_functiondef(oid), proacl)
    FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace AND prokind IN ('f', 'p')"""
_VIEWS = """
    SELECT format('%%s %%s', relname, pg_get_viewdef(oid))
    FROM pg_class WHERE relnamespace = %(schema)s::regnamespace AND relkind IN ('v', 'm')"""
_TYPES = """
    SELECT format('%%s %%s %%s %%s', t.typname, t.typtype, format_type(t.typbasetype, t.typtypmod),
                  (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
                   FROM pg_enum e WHERE e.enumtypid = t.oid))
    FROM pg_type t WHERE t.typnamespace = %(schema)s::regnamespace"""
_POLICIES = """
    SELECT format('%%s %%s %%s %%s %%s %%s %%s', tablename, policyname, permissive, roles, cmd, qual, with_check)
    FROM pg_policies WHERE schemaname = %(schema)s"""
_GRANTS = """
    SELECT format('%%s %%s', relname, relacl) FROM pg_class WHERE relnamespace = %(schema)s::regnamespace
    UNION ALL SELECT format('schema %%s', nspacl) FROM pg_namespace WHERE nspname = %(schema)s
    UNION ALL SELECT format('default %%s %%s', defaclobjtype, defaclacl)
              FROM pg_default_acl WHERE defaclnamespace = %(schema)s::regnamespace"""
_SEQUENCES = """
    SELECT format('%%s %%s start=%%s min=%%s max=%%s by=%%s cycle=%%s cache=%%s last=%%s', sequencename, data_type,
                  start_value, min_value, max_value, increment_by, cycle, cache_size, last_value)
    FROM pg_sequences WHERE schemaname = %(schema)s"""
_COMMENTS = """
    SELECT format('%%s %%s %%s', c.relname, d.objsubid, d.description)
    FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
    WHERE c.relnamespace = %(schema)s::regnamespace"""
_QUERIES = {
    "relations": _RELATIONS,
    "columns": _COLUMNS,
    "constraints": _CONSTRAINTS,
    "indexes": _INDEXES,
    "triggers": _TRIGGERS,
    "functions": _FUNCTIONS,
    "views": _VIEWS,
    "types": _TYPES,
    "policies": _POLICIES,
    "grants": _GRANTS,
    "sequences": _SEQUENCES,
    "comments": _COMMENTS,
}
Description = dict[str, list[str]]


def describe(schema: str) -> Description:
    """Everything in a schema by kind, sorted, with the schema's and its role's names replaced.

    To be called in the schema's context, so that PostgreSQL writes names without the schema where it can.
    """
    with connection.cursor() as cursor:
        found = {kind: _lines(cursor, query, schema) for kind, query in _QUERIES.items()}
        tables = _compared_columns(cursor, schema)
        found["rows"] = [_rows(cursor, table, columns) for table, columns in tables.items()]
    return found


def differences(one: Description, other: Description) -> list[str]:
    """Lines that only one of two descriptions has."""
    return [
        f"{kind} {sign} {line}"
        for kind in one
        for sign, lines in (("-", set(one[kind]) - set(other[kind])), ("+", set(other[kind]) - set(one[kind])))
        for line in sorted(lines)
    ]


def _lines(cursor: Any, query: str, schema: str) -> list[str]:
    cursor.execute(query, {"schema": schema})
    role = role_name(connection.settings_dict["NAME"], schema)
    return sorted(str(row[0]).replace(role, "<role>").replace(schema, "<schema>") for row in cursor.fetchall())


def _compared_columns(cursor: Any, schema: str) -> dict[str, list[str]]:
    """Columns by table, without those that the server fills with a clock or a die."""
    cursor.execute(
        """SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
           LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
           WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
           AND coalesce(pg_get_expr(d.adbin, d.adrelid), '') !~ '^(?!nextval)[a-z_]+\\('
           ORDER BY c.relname, a.attnum""",
        [schema],
    )
    columns: dict[str, list[str]] = {}
    for table, column in cursor.fetchall():
        columns.setdefault(table, []).append(f'"{column}"')
    return columns


def _rows(cursor: Any, table: str, columns: list[str]) -> str:
    row = f"ROW({', '.join(columns)})::text"
    cursor.execute(f"SELECT count(*), md5(string_agg({row}, E'\\n' ORDER BY {row})) FROM \"{table}\"")
    count, digest = cursor.fetchone()
    return f"{table}: {count} rows, {digest}"
