"""After a test that committed, organizations are as they were; those that nobody wrote to are left alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.tenants import testing
from apps.tenants.context import owner_context, tenant_context
from apps.tenants.testing import TestDatabase
from conftest import make_user

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def database(_database: TestDatabase) -> TestDatabase:
    return _database


@pytest.fixture
def renewed(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Puts the organizations right, and tells which schemas were made anew for it."""
    names: list[str] = []
    renew = testing._renew

    def told(schema: str) -> str:
        names.append(schema)
        return renew(schema)

    def restored() -> list[str]:
        names.clear()
        database.restore()
        return names.copy()

    monkeypatch.setattr(testing, "_renew", told)
    return restored


def test_it_works(database: TestDatabase, renewed: Callable[[], list[str]]) -> None:
    first = database.organizations[0]
    with tenant_context(first):
        make_user("somebody@acme.example", "viewer")
    assert renewed() == [first.schema_name]
    with tenant_context(first):
        assert not User.objects.exists()
    assert renewed() == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE accounts_user ADD COLUMN made_up integer",
        "ALTER TABLE accounts_user ALTER COLUMN phone DROP NOT NULL",
        "ALTER TABLE events_event DISABLE TRIGGER USER",
        "GRANT SELECT (email) ON accounts_user TO PUBLIC",
        "ALTER TABLE accounts_user DROP CONSTRAINT accounts_user_role_id_fk",
        "CREATE TABLE made_up ()",
    ],
)
def test_what_a_schema_is_made_of_counts(database: TestDatabase, renewed: Callable[[], list[str]], change: str) -> None:
    schema = database.organizations[0].schema_name
    with owner_context(schema), connection.cursor() as cursor:
        if "role_id_fk" in change:
            constraints = connection.introspection.get_constraints(cursor, "accounts_user")
            name = next(name for name, told in constraints.items() if told["foreign_key"])
            change = f'ALTER TABLE accounts_user DROP CONSTRAINT "{name}"'
        cursor.execute(change)
    assert renewed() == [schema]
    assert renewed() == []
