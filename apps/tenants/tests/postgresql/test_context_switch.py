"""One statement for each change of context, none where nothing changed; the right context in every case."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from apps.accounts.models import User
from apps.tenants.context import owner_context, public_context, tenant_context, wrapper
from apps.tenants.models import Organization
from apps.tenants.tests.conftest import SWITCH, role_of, server_state, state_of


def switches(sent: list[str]) -> int:
    return sent.count(SWITCH)


def ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_it_works(organization: Organization, other_organization: Organization) -> None:
    assert server_state() == state_of(organization.schema_name)
    with tenant_context(other_organization):
        assert server_state() == state_of(other_organization.schema_name)
        with public_context():
            assert server_state() == state_of("public")
            with owner_context():
                assert server_state() == ("public", connection.settings_dict["USER"])
        assert server_state() == state_of(other_organization.schema_name)
    assert server_state() == state_of(organization.schema_name)


def test_one_statement_per_change_and_none_without(
    organization: Organization, other_organization: Organization, sent: list[str]
) -> None:
    ask()
    sent.clear()
    for _repetition in range(3):
        ask()
    assert switches(sent) == 0
    with tenant_context(other_organization):
        ask()
        ask()
    assert switches(sent) == 1
    ask()
    assert switches(sent) == 2
    assert len(sent) == 8


def test_entering_without_asking_costs_nothing(
    organization: Organization, other_organization: Organization, sent: list[str]
) -> None:
    ask()
    sent.clear()
    with tenant_context(other_organization), public_context():
        pass
    with tenant_context(organization):
        ask()
    assert switches(sent) == 0


def test_transactions_keep_the_context_they_commit(organization: Organization, sent: list[str]) -> None:
    ask()
    sent.clear()
    with transaction.atomic():
        User.objects.count()
    User.objects.count()
    assert switches(sent) == 0


def test_a_rolled_back_savepoint_forgets(organization: Organization, other_organization: Organization) -> None:
    with transaction.atomic(), tenant_context(other_organization):
        ask()
        transaction.set_rollback(True)
    assert server_state() == state_of(organization.schema_name)
    with tenant_context(other_organization):
        with transaction.atomic(), tenant_context(organization):
            ask()
            transaction.set_rollback(True)
        assert server_state() == state_of(other_organization.schema_name)


def test_a_cursor_works_in_the_context_of_its_use(organization: Organization, other_organization: Organization) -> None:
    with connection.cursor() as cursor:
        for tenant in (organization, other_organization, organization):
            with tenant_context(tenant):
                cursor.execute("SELECT current_setting('search_path'), current_user::text")
                assert cursor.fetchone() == state_of(tenant.schema_name)
                cursor.executemany("SELECT set_config('oficina.probe', current_user::text || %s, false)", [["!"]])
                cursor.execute("SELECT current_setting('oficina.probe')")
                assert cursor.fetchone()[0] == role_of(tenant.schema_name) + "!"


def test_copy_and_stream_follow_the_context(organization: Organization, other_organization: Organization) -> None:
    role = role_of(other_organization.schema_name)
    cursor = connection.cursor()
    with tenant_context(other_organization), cursor.copy("COPY (SELECT current_user::text) TO STDOUT") as copy:
        assert b"".join(bytes(row) for row in copy).decode().strip() == role
    cursor = connection.cursor()
    with tenant_context(other_organization):
        assert list(cursor.stream("SELECT current_user::text")) == [(role,)]


def test_named_cursors_follow_the_context(owner: User, other_organization: Organization) -> None:
    assert [user.pk for user in User.objects.iterator(chunk_size=1)] == [owner.pk]
    with tenant_context(other_organization):
        assert list(User.objects.iterator(chunk_size=1)) == []


def test_without_public(organization: Organization) -> None:
    wrapper().set_tenant(organization, include_public=False)
    assert server_state()[0] == organization.schema_name
    with tenant_context(organization):
        assert server_state()[0] == f"{organization.schema_name}, public"
    assert server_state()[0] == organization.schema_name


def test_a_failed_transaction_says_so_and_recovers(organization: Organization) -> None:
    with transaction.atomic():
        savepoint = transaction.savepoint()
        with pytest.raises(DatabaseError, match="division by zero"), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        with pytest.raises(DatabaseError, match="current transaction is aborted"), public_context():
            ask()
        transaction.savepoint_rollback(savepoint)
        assert server_state() == state_of(organization.schema_name)


@pytest.mark.parametrize("statement", ["RESET ROLE", "SET search_path = public", "RESET ALL", "  set role none"])
def test_what_was_set_by_hand_lasts_one_statement(organization: Organization, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert server_state() == state_of(organization.schema_name)


@pytest.mark.skipif(not settings.TENANT_ROLES, reason="TENANT_ROLES=off")
def test_an_unknown_role_is_refused(organization: Organization) -> None:
    with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic(), tenant_context("t_000000000000"):
        ask()
    assert server_state() == state_of(organization.schema_name)


def test_names_that_are_no_schemas_are_refused(organization: Organization) -> None:
    for name in ("public", "", "pg_catalog", 't_000000000000", public; RESET ROLE --', "t_000000000000\n", "template"):
        with pytest.raises(ValueError, match="not an organization's schema"), tenant_context(name):
            ask()


def test_queries_of_django_are_not_prepared_on_the_server(organization: Organization) -> None:
    for _repetition in range(10):
        User.objects.filter(email="x").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%accounts_user%'")
        assert cursor.fetchone() == (0,)


def test_a_plan_of_one_schema_never_serves_another(owner: User, other_organization: Organization) -> None:
    """Even prepared on purpose: PostgreSQL plans again when search_path or role changed."""
    mine, theirs = [], []
    with connection.cursor() as cursor:
        cursor.execute("PREPARE probe AS SELECT email FROM accounts_user")
        for _repetition in range(8):
            cursor.execute("EXECUTE probe")
            mine += cursor.fetchall()
            with tenant_context(other_organization):
                cursor.execute("EXECUTE probe")
                theirs += cursor.fetchall()
        cursor.execute("DEALLOCATE probe")
    assert mine == [(owner.email,)] * 8
    assert theirs == []
