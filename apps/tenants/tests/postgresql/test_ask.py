"""Statements that are planned once for a connection: still in the right context, under its role, after migrations."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, DataError, connection, transaction

from apps.tenants.context import owner_context, tenant_context, wrapper
from apps.tenants.models import Organization
from apps.tenants.tests.conftest import server_state
from conftest import make_user

EMAILS = "SELECT email FROM accounts_user WHERE name <> %(name)s"


def ask(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    return wrapper().ask(sql, values)


def plans() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return int(cursor.fetchone()[0])


@pytest.fixture
def other_schema(live_organization: Organization, other_organization: Organization) -> str:
    """Another organization, with somebody in it."""
    with tenant_context(other_organization):
        make_user("rival@other.example", "viewer")
    return str(other_organization.schema_name)


@pytest.fixture
def schema(live_organization: Organization, other_schema: str) -> str:
    with tenant_context(live_organization):
        make_user("ana@live.example", "viewer")
    return str(live_organization.schema_name)


def test_it_works(schema: str) -> None:
    with tenant_context(schema):
        before = plans()
        for _repetition in range(8):
            assert ask(EMAILS, name="") == [("ana@live.example",)]
        assert plans() == before + 1


def test_a_plan_follows_the_context(schema: str, other_schema: str) -> None:
    for _repetition in range(8):  # PostgreSQL may keep one plan for all values from the sixth time on
        with tenant_context(schema):
            assert ask(EMAILS, name="") == [("ana@live.example",)]
        with tenant_context(other_schema):
            assert ask(EMAILS, name="") == [("rival@other.example",)]


@pytest.mark.skipif(not settings.TENANT_ROLES, reason="TENANT_ROLES=off")
def test_a_plan_gives_its_rights_to_nobody_else(schema: str, other_schema: str) -> None:
    by_name = f'SELECT email FROM "{other_schema}".accounts_user WHERE name <> %(name)s'
    with owner_context(schema):
        for _repetition in range(8):
            assert ask(by_name, name="") == [("rival@other.example",)]
    with tenant_context(schema), pytest.raises(DatabaseError, match="permission denied"):
        ask(by_name, name="")


def test_outside_an_organization_a_plan_finds_nothing(schema: str) -> None:
    with tenant_context(schema):
        for _repetition in range(8):
            ask(EMAILS, name="")
    with pytest.raises(DatabaseError, match="does not exist"):
        ask(EMAILS, name="")


def test_a_migration_that_changes_an_answer(schema: str) -> None:
    with tenant_context(schema):
        for _repetition in range(8):
            ask(EMAILS, name="")
    widen(schema, 300)
    try:
        with tenant_context(schema):
            assert ask(EMAILS, name="") == [("ana@live.example",)]
    finally:
        widen(schema, 254)


def test_a_migration_that_changes_an_answer_within_a_transaction(schema: str) -> None:
    with tenant_context(schema):
        for _repetition in range(8):
            ask(EMAILS, name="")
    widen(schema, 300)
    try:
        with tenant_context(schema), pytest.raises(DatabaseError, match="cached plan"), transaction.atomic():
            ask(EMAILS, name="")
        with tenant_context(schema), transaction.atomic():
            assert ask(EMAILS, name="") == [("ana@live.example",)]
    finally:
        widen(schema, 254)


def test_errors_are_those_of_django(schema: str) -> None:
    with tenant_context(schema), pytest.raises(DataError):
        ask("SELECT 1 / %(by)s::int", by=0)


def test_queries_are_counted(schema: str, django_assert_num_queries: Any) -> None:
    with tenant_context(schema):
        server_state()
        with django_assert_num_queries(1):
            ask(EMAILS, name="")


def widen(schema: str, length: int) -> None:
    """As a migration does it: over a connection of its own, so that this one hears nothing of it."""

    def alter() -> None:
        try:
            with owner_context(schema), connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE accounts_user ALTER COLUMN email TYPE varchar({length})")
        finally:
            connection.close()

    migration = threading.Thread(target=alter)
    migration.start()
    migration.join()
