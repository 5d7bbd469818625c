"""Tickets for tests of the queue; dispatch knows no executions, and neither do its tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections, transaction
from django.utils import timezone

from apps.common.ids import uuid7
from apps.dispatch.models import Ticket
from apps.dispatch.services.claims import Batch, ticket_claim
from apps.tenants.context import public_context
from apps.tenants.models import Organization

PAST = timezone.now() - timedelta(hours=1)
Make = Callable[..., UUID]


@pytest.fixture
def make(organization: Organization) -> Make:
    """Puts a ticket into the table, waiting or, with ``held=True``, leased."""

    def made(
        *,
        schema: str = organization.schema_name,
        queue: str = "q",
        priority: int = 0,
        available_at: datetime = PAST,
        kind: str = "kind",
        held: bool = False,
        lease_until: datetime | None = None,
    ) -> UUID:
        with public_context():
            ticket = Ticket.objects.create(
                id=uuid7(),
                schema_name=schema,
                kind=kind,
                queue=queue,
                priority=priority,
                available_at=available_at,
                token=uuid4() if held else None,
                lease_until=(lease_until or timezone.now() + timedelta(minutes=1)) if held else None,
            )
        return ticket.pk

    return made


@contextmanager
def written_by_another(ticket_id: UUID) -> Iterator[None]:
    """Somebody else's transaction, on a connection of its own, holds the ticket while the block runs."""
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with public_context(), transaction.atomic():
                Ticket.objects.select_for_update().get(pk=ticket_id)
                held.set()
                over.wait(60)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        try:
            assert held.wait(60)
            yield
        finally:
            over.set()
            holding.result(60)


def claim(*queues: str, **options: Any) -> Batch:
    """What a worker of these queues gets."""
    settings: dict[str, Any] = {"worker": "w", "limit": 1, "lease_seconds": 30} | options
    with public_context(), transaction.atomic():
        return ticket_claim(queues=queues or ("q",), **settings)


def claimed_ids(*queues: str, **options: Any) -> list[UUID]:
    return [ticket.execution_id for ticket in claim(*queues, **options).tickets]


def stored(ticket_id: UUID) -> Ticket | None:
    with public_context():
        return Ticket.objects.filter(pk=ticket_id).first()
