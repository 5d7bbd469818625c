"""PostgreSQL itself: roles and row rules, asked directly, as if all of our own code were wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from apps.isolation.cases.broken import wrong_search_path
from apps.isolation.cases.case import Probe
from apps.isolation.staging.stage import Stage
from apps.tenants.context import owner_context, public_context, tenant_context
from apps.tenants.naming import PLATFORM, PUBLIC, role_name

FAMILY = "database"
Context = Callable[[], AbstractContextManager[None]]
_STATEMENTS = {
    "SELECT": "SELECT * FROM {table} LIMIT 1",
    "INSERT": "INSERT INTO {table} DEFAULT VALUES",
    "UPDATE": "UPDATE {table} SET {column} = {column}",
    "DELETE": "DELETE FROM {table}",
    "TRUNCATE": "TRUNCATE {table} CASCADE",
    "LOCK": "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
}
_TABLES = """
    SELECT c.relname, min(a.attname), bool_or(a.attname = 'schema_name') FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') GROUP BY c.relname ORDER BY c.relname
"""
_FACTS = {
    "the roles are no members of each other": """
        SELECT NOT pg_has_role(%(own)s, %(their)s, 'MEMBER') AND NOT pg_has_role(%(their)s, %(own)s, 'MEMBER')""",
    "the roles can neither sign in nor pass by row rules": """
        SELECT bool_and(NOT (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole))
        FROM pg_roles WHERE rolname IN (%(own)s, %(their)s)""",
    "the own role has no right in their schema": """
        SELECT NOT has_schema_privilege(%(own)s, %(schema)s, 'USAGE')
           AND NOT has_schema_privilege(%(own)s, %(schema)s, 'CREATE')""",
    "the program's login is no superuser and obeys row rules": """
        SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = session_user""",
    "tables with rows of several organizations have row rules": """
        SELECT bool_and(c.relrowsecurity) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'schema_name'
          AND has_table_privilege(%(own)s, c.oid, 'SELECT')""",
}


def database_cases(stage: Stage) -> Iterator[Probe]:
    """All cases of tables, rows and roles; none where TENANT_ROLES is off."""
    if not settings.TENANT_ROLES:
        return
    own, their = stage.attacker.schema, stage.victim.schema
    contexts: dict[str, Context] = {
        "the own role": lambda: tenant_context(own),
        "the public role": public_context,
        "the platform's role": lambda: tenant_context(PLATFORM),
    }
    for table, column, _with_schema in _tables(their):
        for name, context in contexts.items():
            for verb, template in _STATEMENTS.items():
                statement = template.format(table=f'"{their}"."{table}"', column=f'"{column}"')
                yield _denied(f"{verb} {table} of theirs · {name}", f"table {table}", context, statement)
        for verb in ("SELECT", "DELETE"):
            statement = _STATEMENTS[verb].format(table=f'"{table}"')
            name = f"{verb} {table} · the own role, their search_path"
            yield _denied(name, f"table {table}", lambda: _their_search_path(own, their), statement, unseen=True)
    for table, column, with_schema in _tables(PUBLIC):
        yield from _shared_table(own, their, table, column, with_schema=with_schema)
    yield from _roles(own, their)


def _tables(schema: str) -> list[tuple[str, str, bool]]:
    """Name, first column, and whether rows say whose they are."""
    with owner_context(), connection.cursor() as cursor:
        cursor.execute(_TABLES, [schema])
        return list(cursor.fetchall())


@contextmanager
def _their_search_path(own: str, their: str) -> Iterator[None]:
    with wrong_search_path(their), tenant_context(own):
        yield


def _shared_table(own: str, their: str, table: str, column: str, *, with_schema: bool) -> Iterator[Probe]:
    """A table of ``public``: rows of theirs are neither seen nor changed from the own role."""

    def context() -> AbstractContextManager[None]:
        return tenant_context(own)

    name = f'public."{table}"'
    where = f"WHERE schema_name = '{their}'" if with_schema else ""
    for verb, statement in (
        ("SELECT", f"SELECT 1 FROM {name} {where}"),
        ("UPDATE", f'UPDATE {name} SET "{column}" = "{column}" {where}'),
        ("DELETE", f"DELETE FROM {name} {where}"),
    ):
        yield _touches_nothing(f"{verb} {table}, rows of theirs · the own role", f"table {table}", context, statement)
    yield _denied(f"TRUNCATE {table} · the own role", f"table {table}", context, f"TRUNCATE {name} CASCADE")
    if with_schema:
        theirs = f"""jsonb_populate_record(r, '{{"schema_name": "{their}"}}')"""
        statement = f"INSERT INTO {name} SELECT ({theirs}).* FROM {name} r LIMIT 1"
        yield _denied(
            f"INSERT {table} in their name · the own role", f"table {table}", context, statement, nothing=True
        )


def _denied(
    name: str, covers: str, context: Context, statement: str, *, nothing: bool = False, unseen: bool = False
) -> Probe:
    """PostgreSQL must refuse; with ``nothing`` it may also find nothing to do, with ``unseen`` not see the table."""
    refusals = ("permission denied", "row-level security", *(("does not exist",) if unseen else ()))

    def check() -> str | None:
        outcome = _outcome(context, statement)
        if isinstance(outcome, str):
            return None if any(refusal in outcome for refusal in refusals) else outcome
        return None if nothing and outcome == 0 else f"PostgreSQL did it ({outcome} rows)"

    return Probe(family=FAMILY, name=name, covers=covers, check=check)


def _touches_nothing(name: str, covers: str, context: Context, statement: str) -> Probe:
    def check() -> str | None:
        outcome = _outcome(context, statement)
        if isinstance(outcome, str):
            return None if "permission denied" in outcome else outcome
        return f"{outcome} rows of the other's were reached" if outcome else None

    return Probe(family=FAMILY, name=name, covers=covers, check=check)


def _outcome(context: Context, statement: str) -> int | str:
    """Rows that a statement reached, or what PostgreSQL said against it; undone in either case."""
    with context():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
                reached = cursor.rowcount
                transaction.set_rollback(True)
        except DatabaseError as error:
            return str(error).strip()
    return int(reached)


def _roles(own: str, their: str) -> Iterator[Probe]:
    database = str(connection.settings_dict["NAME"])
    named = {"own": role_name(database, own), "their": role_name(database, their), "schema": their}
    for name, query in _FACTS.items():
        yield Probe(family=FAMILY, name=name, covers="roles", check=_fact(query, named))


def _fact(query: str, named: dict[str, str]) -> Callable[[], str | None]:
    def check() -> str | None:
        with owner_context(), connection.cursor() as cursor:
            cursor.execute(query, named)
            return None if cursor.fetchone()[0] else "PostgreSQL says otherwise"

    return check
