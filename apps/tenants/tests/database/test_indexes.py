"""Indexes cost each connection memory for each organization, and each row a write: none that serves nothing."""

from __future__ import annotations

from importlib import import_module
from typing import cast

import pytest
from django.db import connection, transaction

from apps.common.reindexing import Reindex
from apps.tenants.catalog import describe
from apps.tenants.context import owner_context
from apps.tenants.models import Organization
from apps.tenants.naming import PUBLIC

# Plain indexes all of whose columns, in that order, another index begins with.
BEGIN_LIKE_ANOTHER = """
    SELECT one.indexrelid::regclass::text
    FROM pg_index one JOIN pg_index other USING (indrelid)
    WHERE one.indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = %s::regnamespace)
      AND one.indexrelid <> other.indexrelid AND one.indexprs IS NULL
      AND one.indpred IS NULL AND other.indpred IS NULL
      AND starts_with(other.indkey::text || ' ', one.indkey::text || ' ')
      AND starts_with(other.indclass::text || ' ', one.indclass::text || ' ')
      AND (NOT one.indisunique OR one.indkey::text = other.indkey::text)
"""
FOR_PATTERNS = "SELECT indexname FROM pg_indexes WHERE schemaname = %s AND indexdef LIKE '%%\\_pattern\\_ops%%'"
REINDEXED = {"accounts": "0009", "common": "0003", "portal": "0003", "robots": "0004", "tenants": "0010"}


def names(sql: str, schema: str) -> list[str]:
    with owner_context(schema), connection.cursor() as cursor:
        cursor.execute(sql, [schema])
        return [name for (name,) in cursor.fetchall()]


def test_none_begins_like_another(organization: Organization) -> None:
    assert names(BEGIN_LIKE_ANOTHER, organization.schema_name) == []
    assert names(BEGIN_LIKE_ANOTHER, PUBLIC) == []


def test_none_is_for_patterns_that_nobody_looks_for(organization: Organization) -> None:
    """A unique text gets one from Django, unless it is unique by a constraint of the model."""
    assert names(FOR_PATTERNS, organization.schema_name) == []


@pytest.mark.parametrize("app", REINDEXED)
def test_there_and_back(organization: Organization, app: str) -> None:
    migration = import_module(f"apps.{app}.migrations.{REINDEXED[app]}_fewer_indexes").Migration
    [reindex] = [operation for operation in migration.operations if isinstance(operation, Reindex)]
    schema = PUBLIC if app == "tenants" else organization.schema_name
    with owner_context(schema), transaction.atomic(), connection.cursor() as cursor:
        now = describe(schema)
        for statement in cast("list[str]", reindex.reverse_sql):
            cursor.execute(statement)
        assert describe(schema) != now
        for statement in cast("list[str]", reindex.sql):
            cursor.execute(statement)
        assert describe(schema) == now
        transaction.set_rollback(True)
