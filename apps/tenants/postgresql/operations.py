"""PostgreSQL's operations with our compilers."""

from __future__ import annotations

from django.db.backends.postgresql.operations import DatabaseOperations as PostgresqlOperations


class DatabaseOperations(PostgresqlOperations):
    compiler_module = "apps.tenants.postgresql.compiler"
