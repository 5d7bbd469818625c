"""PostgreSQL's operations with our compilers."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql.operations import DatabaseOperations as PostgresqlOperations


class DatabaseOperations(PostgresqlOperations):
    compiler_module = "apps.tenants.postgresql.compiler"

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """For logs of queries; a prepared statement is told without its values, which it is not sent with."""
        return super().last_executed_query(cursor, sql, params) or sql
