"""Contexts over real commits, rollbacks and connections that come and go."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, connections, transaction

from apps.accounts.models import User
from apps.tenants.context import current_schema, owner_context, public_context, tenant_context, wrapper
from apps.tenants.models import Organization
from apps.tenants.origin import schema_of
from apps.tenants.tests.conftest import role_of, server_state, state_of
from conftest import make_user


@pytest.fixture
def schema(live_organization: Organization) -> str:
    return str(live_organization.schema_name)


def test_it_works(schema: str) -> None:
    with tenant_context(schema), transaction.atomic():
        make_user("ana@live.example", "viewer")
    with tenant_context(schema):
        assert User.objects.count() == 1
    assert server_state() == state_of("public")


def test_a_rolled_back_transaction_forgets(schema: str) -> None:
    assert server_state() == state_of("public")
    with tenant_context(schema), transaction.atomic():
        assert server_state() == state_of(schema)
        transaction.set_rollback(True)
    assert server_state() == state_of("public")
    with tenant_context(schema):
        assert server_state() == state_of(schema)


def test_a_commit_that_the_server_turns_into_a_rollback_forgets(schema: str) -> None:
    """The worst case: the error was swallowed, COMMIT undid the change and raised nothing."""
    assert server_state() == state_of("public")
    with tenant_context(schema), transaction.atomic():
        assert server_state() == state_of(schema)
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.connection.execute("SELECT 1/0")
    with tenant_context(schema):
        assert server_state() == state_of(schema)


def test_a_commit_that_fails_forgets(schema: str) -> None:
    """A deferred foreign key is checked by COMMIT."""
    assert server_state() == state_of("public")
    with pytest.raises(DatabaseError), tenant_context(schema), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_refreshtoken (id, created_at, session_id, token_hash, expires_at)"
            " VALUES (gen_random_uuid(), now(), gen_random_uuid(), '', now())"
        )
    with tenant_context(schema):
        assert server_state() == state_of(schema)
    assert server_state() == state_of("public")


def test_autocommit_off(schema: str) -> None:
    connection.set_autocommit(False)
    try:
        with tenant_context(schema):
            assert server_state() == state_of(schema)
            connection.rollback()
            assert server_state() == state_of(schema)
            connection.commit()
        assert server_state() == state_of("public")
        connection.rollback()
    finally:
        connection.set_autocommit(True)
    assert server_state() == state_of("public")


def test_a_lost_connection_starts_over(schema: str) -> None:
    with tenant_context(schema):
        assert server_state() == state_of(schema)
        with pytest.raises(OperationalError), owner_context(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        connection.close_if_unusable_or_obsolete()
        assert server_state() == state_of(schema)
        connection.close()
        assert server_state() == state_of(schema)
    assert server_state() == state_of("public")


def test_a_connection_that_met_many_organizations_is_replaced(schema: str, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"database_max_organizations": 2})
    connection.close()
    for met in ("public", schema, "public"):
        with tenant_context(met) if met != "public" else public_context():
            server_state()
    kept = connection.connection
    connection.close_if_unusable_or_obsolete()
    assert connection.connection is kept
    with owner_context("information_schema"):
        server_state()
    assert connection.connection is kept  # never in the middle of something
    connection.close_if_unusable_or_obsolete()
    assert connection.connection is None
    with tenant_context(schema):
        assert server_state() == state_of(schema)
    kept = connection.connection
    connection.close_if_unusable_or_obsolete()
    assert connection.connection is kept


def test_a_connection_exchanged_behind_our_back_starts_over(schema: str) -> None:
    with tenant_context(schema):
        server_state()
        connection.connection.close()
        connection.connection = None
        assert server_state() == state_of(schema)


def test_every_thread_starts_outside(schema: str) -> None:
    seen: list[object] = []

    def work() -> None:
        try:
            seen.append(current_schema())
            seen.append(server_state())
            User.objects.count()
        except DatabaseError as error:
            seen.append(str(error))
        finally:
            connections.close_all()

    with tenant_context(schema):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(20)
    assert seen[:2] == ["public", state_of("public")]
    assert 'relation "accounts_user" does not exist' in str(seen[2])


def test_a_held_cursor_keeps_the_rows_of_its_schema(schema: str) -> None:
    """Opened in the organization, read outside: still its rows, stamped as such; nothing is read anew."""
    with tenant_context(schema):
        for number in range(3):
            make_user(f"person{number}@live.example", "viewer")
        rows = User.objects.order_by("email").iterator(chunk_size=1)
        first = next(rows)
    rest = list(rows)
    assert [user.email for user in [first, *rest]] == [f"person{number}@live.example" for number in range(3)]
    assert {schema_of(user) for user in rest} == {schema}


def test_roles_are_those_of_the_database_in_use(schema: str) -> None:
    assert server_state()[1] == role_of("public")
    with owner_context():
        assert server_state()[1] == connection.settings_dict["USER"]
    with public_context():
        assert wrapper().as_owner is False
