from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.ids import uuid7
from apps.dispatch.services.tickets import NoTransactionError
from apps.executions.models import Status
from apps.executions.services.executions import execution_create
from apps.executions.tests.conftest import Accept, RecordingKind, claimed, stored, ticket_of
from apps.tenants.models import Organization


def test_it_works(accept: Accept, owner: User, actor: Any, rung: list[str], committed: Any) -> None:
    with committed():
        execution = accept(actor=actor(owner), priority=4, max_attempts=3, retry_backoff_seconds=5)
    saved, ticket = stored(execution), ticket_of(execution)
    assert ticket is not None
    assert (saved.status, saved.attempt, saved.max_attempts) == (Status.PENDING, 0, 3)
    assert (saved.requested_by, saved.requested_by_label) == (owner, owner.email)
    assert (ticket.priority, ticket.kind, ticket.queue) == (4, "recording", "q")
    assert rung == ["q"]


def test_with_an_id_of_the_callers(accept: Accept) -> None:
    wanted = uuid7()
    assert accept(execution_id=wanted).pk == wanted


def test_keeps_the_trace(accept: Accept) -> None:
    assert stored(accept()).trace_id == "trace"


def test_for_later(accept: Accept) -> None:
    accept(available_at=timezone.now() + timedelta(hours=1))
    assert not claimed()


def test_says_nothing_to_the_kind_whose_rows_are_not_there_yet(accept: Accept, kind: RecordingKind) -> None:
    accept()
    assert not kind.heard


def test_refuses_outside_a_transaction() -> None:
    with pytest.raises(NoTransactionError):
        execution_create(
            actor=Actor.system("tests", schema="t_000000000000"),
            kind="k",
            queue="q",
            timeout_seconds=1,
            now=timezone.now(),
        )


def test_every_organization_has_its_own(accept: Accept, other_organization: Organization) -> None:
    ticket = ticket_of(accept())
    assert ticket is not None
    assert ticket.schema_name != other_organization.schema_name
