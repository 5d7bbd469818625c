from __future__ import annotations

from typing import Any, cast

import pytest
from django.db import DataError, connection, transaction

from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from apps.tenants.postgresql.cursors import ContextCursor, prepared

COUNT = "SELECT count(*), current_schema()::text FROM tenants_organization WHERE schema_name = ANY(%(schemas)s::text[])"


def asked(sql: str, parameters: Any) -> Any:
    with connection.cursor() as cursor:
        prepared(cursor, sql, parameters)
        return cursor.fetchall()


def names() -> set[str]:
    with cast("ContextCursor", connection.cursor()) as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return {row[0] for row in cursor.fetchall()}


def test_it_works(db: None, organization: Organization) -> None:
    with public_context():
        assert asked(COUNT, {"schemas": [organization.schema_name]}) == [(1, "public")]
        assert asked(COUNT, {"schemas": ["t_nowhere"]}) == [(0, "public")]
        assert len([name for name in names() if "current_schema()" in name]) == 1


def test_it_works_in_the_context_of_the_moment(db: None, organization: Organization) -> None:
    where = "SELECT current_setting('role'), %(word)s::text"
    with tenant_context(organization):
        [(role, _word)] = asked(where, {"word": "x"})
        assert role.endswith(organization.schema_name)
    with public_context():
        [(outside, _word)] = asked(where, {"word": "x"})
    assert outside != role


def test_errors_are_those_of_django(db: None) -> None:
    with public_context(), pytest.raises(DataError), transaction.atomic():
        asked("SELECT 1 / %(by)s::int", {"by": 0})
