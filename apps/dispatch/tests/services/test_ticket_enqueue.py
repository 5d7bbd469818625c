from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.common.ids import uuid7
from apps.dispatch.services.tickets import NoTransactionError, ticket_enqueue
from apps.dispatch.tests.conftest import claimed_ids, stored
from apps.tenants.context import OutsideTenantError, public_context
from apps.tenants.models import Organization


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []
    monkeypatch.setattr("apps.dispatch.services.tickets.ring", heard.append)
    return heard


def test_it_works(organization: Organization, rung: list[str], django_capture_on_commit_callbacks: Any) -> None:
    work = uuid7()
    with django_capture_on_commit_callbacks(execute=True):
        ticket_enqueue(execution_id=work, kind="kind", queue="q", priority=3, available_at=None)
        assert not rung
    ticket = stored(work)
    assert ticket is not None
    assert (ticket.schema_name, ticket.priority, ticket.token) == (organization.schema_name, 3, None)
    assert rung == ["q"]
    assert claimed_ids() == [work]


def test_for_later(organization: Organization, rung: list[str]) -> None:
    later = timezone.now() + timedelta(hours=1)
    ticket_enqueue(execution_id=uuid7(), kind="kind", queue="q", priority=0, available_at=later)
    assert not claimed_ids()


def test_refuses_outside_an_organization(organization: Organization) -> None:
    with public_context(), pytest.raises(OutsideTenantError):
        ticket_enqueue(execution_id=uuid7(), kind="kind", queue="q", priority=0, available_at=None)


def test_refuses_without_a_transaction() -> None:
    with pytest.raises(NoTransactionError):
        ticket_enqueue(execution_id=uuid7(), kind="kind", queue="q", priority=0, available_at=None)
