from __future__ import annotations

import pytest

from apps.common.ids import uuid7
from apps.dispatch.services.tickets import LockedTicket, NoTransactionError, ticket_lock
from apps.dispatch.tests.conftest import Make
from apps.tenants.models import Organization


def test_it_works(make: Make) -> None:
    assert ticket_lock(execution_id=make()) == LockedTicket(token=None, cancel_requested=False)
    held = ticket_lock(execution_id=make(held=True))
    assert held is not None
    assert held.token is not None


def test_none_when_the_work_is_over(organization: Organization) -> None:
    assert ticket_lock(execution_id=uuid7()) is None


def test_none_of_another_organization(make: Make, other_organization: Organization) -> None:
    assert ticket_lock(execution_id=make(schema=other_organization.schema_name)) is None


def test_refuses_without_a_transaction() -> None:
    with pytest.raises(NoTransactionError):
        ticket_lock(execution_id=uuid7())
