"""Whatever is nested in whatever, and however it ends: the server is in the context that the program believes in."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.pq import TransactionStatus

from apps.tenants.context import current_schema, owner_context, public_context, tenant_context, wrapper
from apps.tenants.models import Organization
from apps.tenants.tests.conftest import role_of, server_state, state_of

LEAVES = ["ask", "ask", "ask", "fail", "savepoint", "rollback_by_hand", "reset", "close", "named"]
BRANCHES = ["first", "first", "second", "public", "owner", "commit", "commit", "rollback", "raise"]
PROGRAMS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(LEAVES).map(lambda name: (name, [])),
    lambda inner: st.tuples(st.sampled_from(BRANCHES), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=10,
)
Step = tuple[str, list[Any]]


class Undone(Exception):
    """Ends a transaction the hard way."""


class Machine:
    """Runs programs, and asks the server where they say so."""

    def __init__(self, first: str, second: str) -> None:
        self.contexts = {
            "first": lambda: tenant_context(first),
            "second": lambda: tenant_context(second),
            "public": public_context,
            "owner": owner_context,
        }

    def run(self, steps: list[Step]) -> None:
        for name, children in steps:
            if name in self.contexts:
                with self.contexts[name]():
                    self.run(children)
            elif name in {"commit", "rollback", "raise"}:
                self.transaction(name, children)
            else:
                getattr(self, name)()

    def transaction(self, ending: str, children: list[Step]) -> None:
        try:
            with transaction.atomic():
                self.run(children)
                if ending == "rollback":
                    transaction.set_rollback(True)
                if ending == "raise":
                    raise Undone
        except (Undone, DatabaseError):
            pass

    def check(self) -> None:
        if not self.broken():
            path, role = state_of(current_schema())
            if wrapper().as_owner:
                role = str(connection.settings_dict["USER"])
            else:
                assert role == role_of(current_schema())
            assert server_state() == (path, role)

    def broken(self) -> bool:
        if connection.connection is None:
            return False
        return connection.needs_rollback or connection.connection.info.transaction_status == TransactionStatus.INERROR

    def ask(self) -> None:
        self.check()

    def fail(self) -> None:
        """An error that nobody but the server notices."""
        connection.ensure_connection()
        with pytest.raises(psycopg.Error):
            connection.connection.execute("SELECT 1/0")

    def savepoint(self) -> None:
        if not self.broken() and connection.in_atomic_block:
            point = transaction.savepoint()
            with public_context():
                self.check()
            transaction.savepoint_rollback(point)

    def rollback_by_hand(self) -> None:
        if not connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                self.check()
                cursor.execute("ROLLBACK")

    def reset(self) -> None:
        if not self.broken():
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")

    def close(self) -> None:
        if not connection.in_atomic_block:
            connection.close()

    def named(self) -> None:
        if connection.in_atomic_block and not self.broken():
            with connection.chunked_cursor() as cursor:
                cursor.execute("SELECT current_user::text")
                assert cursor.fetchall()[0][0] == server_state()[1]


def test_it_works(live_organization: Organization, other_organization: Organization) -> None:
    machine = Machine(live_organization.schema_name, other_organization.schema_name)

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(PROGRAMS, min_size=1, max_size=4))
    def any_program(program: list[Step]) -> None:
        machine.run(program)
        machine.check()

    any_program()
