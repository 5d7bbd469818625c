"""What tests of the proof share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from apps.tenants.context import owner_context


@pytest.fixture
def thrown_away(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """A migrated database. Threads that served sockets keep their connections; it could not be dropped with them."""
    request.getfixturevalue("_database")
    yield
    with owner_context(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = session_user"
        )
