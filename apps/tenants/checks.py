"""System checks of the database that tenancy stands on; run by ``check --database default`` and before migrations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  # Django's own name
from django.db import DEFAULT_DB_ALIAS

from apps.tenants.context import owner_context, wrapper

OLDEST_SERVER = 150000


@register(Tags.database)
def check_database(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Asks the server for its version, and what the login role may do."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    with owner_context(), wrapper().cursor() as cursor:
        cursor.execute(
            "SELECT rolcreaterole, rolsuper, pg_backend_pid() FROM pg_roles WHERE rolname = session_user",
        )
        creates_roles, is_superuser, pid = cursor.fetchone()
        pooled = pid != wrapper().connection.info.backend_pid
    return messages(wrapper().pg_version, creates_roles=creates_roles, is_superuser=is_superuser, pooled=pooled)


def messages(version: int, *, creates_roles: bool, is_superuser: bool, pooled: bool) -> list[CheckMessage]:
    """What is wrong with a server of this version and a login of these rights."""
    found: list[CheckMessage] = []
    if version < OLDEST_SERVER:
        found.append(Error(f"PostgreSQL 15 or later is needed; this is {version // 10_000}.", id="tenants.E001"))
    if settings.TENANT_ROLES and not (creates_roles or is_superuser):
        found.append(
            Error(
                "The database login may not create roles, and each organization has one.",
                hint="ALTER ROLE … CREATEROLE, or TENANT_ROLES=off to do without this line of defence.",
                id="tenants.E002",
            )
        )
    if is_superuser:
        found.append(
            Warning(
                "The database login is a superuser; tenancy needs no more than CREATEROLE and its own database.",
                hint="Make a login role that owns the database, and use it in DATABASE_URL.",
                id="tenants.W003",
            )
        )
    if pooled:
        found.append(
            Warning(
                "A pooler stands before PostgreSQL. Organizations are kept apart by the state of the connection.",
                hint="PgBouncer must pool sessions (pool_mode = session); transaction pooling would mix organizations.",
                id="tenants.W004",
            )
        )
    return found
