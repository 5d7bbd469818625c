"""Writing to the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from apps.common.actor import Actor
from apps.common.trace import current_trace_id
from apps.events.models import Event
from apps.events.receivers import deliver

cause: ContextVar[UUID | None] = ContextVar("cause", default=None)
"""Id of the event a receiver or task is working on; new events name it as their cause."""


class OutsideTransactionError(RuntimeError):
    """An event was recorded outside the transaction of what it tells."""


def record(
    name: str, *, actor: Actor, subject: models.Model, now: datetime, data: Mapping[str, Any] | None = None
) -> Event:
    """Adds one row to the ledger, in the caller's transaction, and tells receivers once that has committed.

    ``data`` holds ids, ISO times and plain values: no secrets, no model objects. Raises
    ``OutsideTransactionError`` outside a transaction, for then the row could stand without what it tells.
    """
    if not connection.in_atomic_block:
        raise OutsideTransactionError(name)
    event = Event(
        name=name,
        created_at=now,
        actor_type=actor.type,
        actor_id=actor.id,
        actor_label=actor.label,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_label=str(subject)[:254],
        data=dict(data or {}),
        trace_id=actor.trace_id or current_trace_id(),
        cause_id=cause.get(),
        ip=actor.ip,
    )
    event.save(force_insert=True)
    transaction.on_commit(lambda: deliver(event))
    return event
