"""Writing to the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, ReadOnlyPreview, Unauthorized
from apps.common.trace import current_trace_id
from apps.events.models import Event
from apps.events.receivers import current_cause, deliver
from apps.tenants.context import require_tenant, tenant_context
from apps.tenants.naming import PLATFORM
from apps.tenants.origin import CrossTenantError, check_instance
from apps.tenants.rows import Rows

_NAME = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_.]*\Z")
_LABEL = 254
_EVENTS = Rows(Event)


class OutsideTransactionError(RuntimeError):
    """An event was recorded outside the transaction of what it tells."""


def record(
    name: str, *, actor: Actor, subject: models.Model, now: datetime, data: Mapping[str, Any] | None = None
) -> Event:
    """Adds one row to the ledger, in the caller's transaction, and tells receivers once that has committed.

    ``name`` is ``<noun>.<past participle>``; ``data`` holds ids, ISO times and plain values: no secrets, no objects.
    Raises ``OutsideTransactionError`` outside a transaction, for then the row could stand without what it tells;
    ``CrossTenantError`` for an actor or a subject of another organization; ``ValueError`` for another kind of name;
    ``ReadOnlyPreview`` for an actor who only looks around, so that whatever door was forgotten, nothing is written.
    """
    if actor.previewing:
        raise ReadOnlyPreview
    schema = require_tenant()
    if not connection.in_atomic_block:
        raise OutsideTransactionError(name)
    if not _NAME.match(name):
        raise ValueError(f"not the name of an event: {name!r}")
    if actor.schema != schema:
        raise CrossTenantError(f"actor {actor.label}", actor.schema, schema)
    check_instance(subject)
    event = Event(
        name=name,
        created_at=now,
        actor_type=actor.type,
        actor_id=actor.id,
        actor_label=actor.label[:_LABEL],
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_label=str(subject)[:_LABEL],
        data=dict(data or {}) | ({"support_grant_id": actor.support_id} if actor.support_id is not None else {}),
        trace_id=actor.trace_id or current_trace_id(),
        cause_id=current_cause(),
        ip=actor.ip,
    )
    _EVENTS.add(event)
    transaction.on_commit(lambda: deliver(event, schema=schema))
    return event


def export_note(
    *, actor: Actor, what: str, rows: int, file_format: str, narrowed: Mapping[str, str], now: datetime
) -> None:
    """Records that a person took rows away in a file: which kind, how many, and how the list was narrowed.

    Whoever made the file has asked for the right to read them. Raises ``Unauthorized``, and ``PermissionDenied`` for
    whoever is no person of the organization: support looks, and carries nothing away.
    """
    if actor.user is None:
        raise PermissionDenied if actor.is_authenticated else Unauthorized
    data = {"what": what, "rows": rows, "format": file_format, "narrowed": dict(narrowed)}
    with transaction.atomic():
        record("list.exported", actor=actor, subject=actor.user, data=data, now=now)


def note_change_of_organization(
    *, name: str, actor: Actor, organization: models.Model, data: Mapping[str, Any], now: datetime, **_signal: Any
) -> None:
    """Records in the platform's ledger what the platform did to an organization, as ``organization_changed`` tells."""
    with tenant_context(PLATFORM):
        record(name, actor=actor, subject=organization, data=data, now=now)
