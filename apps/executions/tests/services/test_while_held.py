from __future__ import annotations

from typing import Any

import pytest
from django.db import InterfaceError, NotSupportedError, OperationalError
from psycopg.errors import FeatureNotSupported

from apps.executions.errors import LeaseLost
from apps.executions.lease import Lease
from apps.executions.services import persistence
from apps.executions.services.persistence import while_held
from apps.executions.tests.conftest import lease_of


@pytest.fixture
def lease(monkeypatch: pytest.MonkeyPatch) -> Lease:
    monkeypatch.setattr(persistence, "RETRY_SECONDS", 0.01)
    return lease_of()


def test_it_works(lease: Lease) -> None:
    assert while_held(lease, lambda: 42) == 42


def test_again_until_the_database_is_back(lease: Lease) -> None:
    errors: list[Any] = [OperationalError("away"), InterfaceError("closed")]

    def write() -> str:
        if errors:
            raise errors.pop()
        return "done"

    assert while_held(lease, write) == "done"


def test_not_beyond_the_lease(lease: Lease) -> None:
    tries = []

    def write() -> None:
        tries.append(1)
        if len(tries) == 3:
            lease.control.lost.set()
        raise OperationalError("away")

    with pytest.raises(LeaseLost):
        while_held(lease, write)
    assert len(tries) == 3


def test_once_more_with_a_plan_of_before_a_migration(lease: Lease) -> None:
    void = NotSupportedError("cached plan must not change result type")
    void.__cause__ = FeatureNotSupported()
    errors: list[Exception] = [void]

    def write() -> str:
        if errors:
            raise errors.pop()
        return "done"

    assert while_held(lease, write) == "done"
    errors += [void, void]
    with pytest.raises(NotSupportedError):
        while_held(lease, write)


def test_other_errors_are_errors(lease: Lease) -> None:
    def write() -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # any will do
        while_held(lease, write)


@pytest.mark.django_db
def test_never_inside_a_transaction(lease: Lease) -> None:
    """There the first try has already undone everything before it."""

    def write() -> None:
        raise OperationalError("away")

    with pytest.raises(OperationalError):
        while_held(lease, write)
