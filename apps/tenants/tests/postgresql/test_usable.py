"""Whether a kept connection still works is seen without asking the server."""

from __future__ import annotations

import os

import psycopg
import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from apps.common.testing import eventually
from apps.tenants.context import wrapper
from apps.tenants.models import Organization


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the server answered, each time Django asked it."""
    answers: list[bool] = []
    original = DatabaseWrapper.is_usable

    def ask(self: DatabaseWrapper) -> bool:
        answers.append(original(self))
        return answers[-1]

    monkeypatch.setattr(DatabaseWrapper, "is_usable", ask)
    return answers


def _select_one() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def test_it_works(live_organization: Organization, asked: list[bool]) -> None:
    assert _select_one()
    assert connection.is_usable()
    assert not asked


def test_one_that_the_server_has_ended_is_replaced_by_the_next_request(
    live_organization: Organization, asked: list[bool]
) -> None:
    assert _select_one()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    eventually(lambda: not connection.is_usable())
    assert asked[-1] is False
    wrapper().health_check_done = False  # as at the beginning of a request
    assert _select_one()


def test_what_every_request_asks_notices_it_too(live_organization: Organization) -> None:
    assert wrapper().ask("SELECT %s::int", [1]) == [(1,)]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    eventually(lambda: not connection.is_usable())
    wrapper().health_check_done = False  # as at the beginning of a request
    assert wrapper().ask("SELECT %s::int", [2]) == [(2,)]


def test_one_inside_a_transaction_is_asked(live_organization: Organization, asked: list[bool]) -> None:
    assert _select_one()
    connection.connection.execute("BEGIN")
    assert connection.is_usable()
    assert asked == [True]
    connection.connection.execute("ROLLBACK")
