"""
Databases of a test run: one is migrated, those of tests are copies of it.

Migrating takes seconds, of each worker and twice where it runs live tests; a copy takes a moment. The first process
that asks makes the one to copy from; it holds no schema of an organization and no role, for roles are named after their
database. A run never uses what another one left behind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from apps.common.testing import eventually

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid4().hex


def migrated(blocker: Any) -> str:
    """The name of the database to copy from, made now unless a process of this run has made it."""
    name = migrated_name()
    with _administration() as administration:
        administration.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])  # until this connection ends
        made_by = administration.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if made_by != (RUN,):
            dropped(name)
            administration.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            with blocker.unblock(), database_in_use(name):
                _migrate()
            comment = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(RUN))
            administration.execute(comment)
    return name


def migrated_name() -> str:
    return f"{conninfo_to_dict(os.environ['DATABASE_URL'])['dbname']}_migrated"


def _migrate() -> None:
    """What ``migrate_organizations`` does before it makes roles."""
    from django.core.management import call_command  # noqa: PLC0415  # Django is set up by now
    from django.core.management.commands.migrate import Command as DjangoMigrate  # noqa: PLC0415

    from apps.tenants.context import owner_context  # noqa: PLC0415
    from apps.tenants.services.roles import default_rights_revoke  # noqa: PLC0415
    from apps.tenants.services.templates import template_ensure  # noqa: PLC0415

    with owner_context():
        default_rights_revoke()
        call_command(DjangoMigrate(), interactive=False, verbosity=0, skip_checks=True)
    template_ensure()


def copied(source: str, database: str) -> None:
    """Makes a database that is the same as another one, which nobody is connected to."""
    administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(source)))


def url_of(database: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def _administration() -> psycopg.Connection[Any]:
    """Not to the database of DATABASE_URL: tests may name one that nobody has made."""
    return psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True)


def administer(*statements: sql.Composed) -> None:
    """Statements that are no part of a transaction."""
    with _administration() as administration:
        for statement in statements:
            administration.execute(statement)


def dropped(database: str) -> None:
    """Removes a database and its roles."""
    eventually(lambda: _gone(database))
    with _administration() as administration:
        found = administration.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [f"{database}_"])
        for (role,) in found.fetchall():
            administration.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def _gone(database: str) -> bool:
    """False while autovacuum works there, which only a superuser may interrupt."""
    try:
        administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
        return False
    return True


@contextmanager
def database_in_use(name: str) -> Iterator[None]:
    """This process's Django works on another database, in every thread."""
    from django.db import connection  # noqa: PLC0415  # Django is set up by now

    from apps.tenants.selectors import hosts_forget  # noqa: PLC0415

    before = connection.settings_dict["NAME"]

    def switch(to: str) -> None:
        connection.close()
        connection.settings_dict["NAME"] = to
        hosts_forget()

    switch(name)
    try:
        yield
    finally:
        switch(before)
