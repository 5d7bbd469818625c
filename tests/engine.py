"""What tests of the engine do with executions of the live organizations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.testing import eventually
from apps.events.models import Event
from apps.executions.models import TERMINAL, Execution, LogChunk
from apps.executions.services.executions import execution_cancel, execution_create
from apps.tenants.context import tenant_context
from tests import kinds

QUEUE = "robots.default"
SLACK_SECONDS = 4.0  # of a busy machine
__all__ = ["kinds"]


def accept(
    schema: str,
    kind: str,
    *,
    number: int = 1,
    queue: str = QUEUE,
    priority: int = 0,
    max_attempts: int = 1,
    retry_backoff_seconds: int = 0,
    timeout_seconds: int = 60,
    available_at: datetime | None = None,
) -> list[UUID]:
    """Accepts so many executions, in one transaction."""
    accepted = []
    with tenant_context(schema), transaction.atomic():
        for _number in range(number):
            execution = execution_create(
                actor=Actor.system("tests", schema=schema, trace_id="trace-of-tests"),
                kind=kind,
                queue=queue,
                priority=priority,
                max_attempts=max_attempts,
                retry_backoff_seconds=retry_backoff_seconds,
                timeout_seconds=timeout_seconds,
                available_at=available_at,
                now=timezone.now(),
            )
            accepted.append(execution.pk)
    return accepted


def cancel(schema: str, execution_id: UUID) -> None:
    with tenant_context(schema):
        execution_cancel(
            actor=Actor.system("tests", schema=schema),
            execution=Execution.objects.get(pk=execution_id),
            now=timezone.now(),
        )


def execution(schema: str, execution_id: UUID) -> Execution:
    with tenant_context(schema):
        return Execution.objects.get(pk=execution_id)


def statuses(schema: str, execution_ids: list[UUID]) -> list[str]:
    with tenant_context(schema):
        found = dict(Execution.objects.filter(pk__in=execution_ids).values_list("pk", "status"))
    return [found[pk] for pk in execution_ids]


def all_are(schema: str, execution_ids: list[UUID], status: str) -> Callable[[], bool]:
    return lambda: set(statuses(schema, execution_ids)) == {status}


def all_ended(schema: str, execution_ids: list[UUID]) -> Callable[[], bool]:
    return lambda: set(statuses(schema, execution_ids)) <= TERMINAL


def history(schema: str, execution_id: UUID) -> list[str]:
    """What the ledger says happened to it, in order."""
    with tenant_context(schema):
        events = Event.objects.filter(subject_id=str(execution_id)).order_by("id")
        return [name.partition(".")[2] for name in events.values_list("name", flat=True)]


def tokens(schema: str, execution_id: UUID) -> list[str]:
    """The tokens it was started under."""
    with tenant_context(schema):
        started = Event.objects.filter(subject_id=str(execution_id), name="test.started").order_by("id")
        return [data["token"] for data in started.values_list("data", flat=True)]


def log(schema: str, execution_id: UUID) -> list[str]:
    """Its lines so far; fails where one is missing or stored twice."""
    with tenant_context(schema):
        stored = Execution.objects.get(pk=execution_id).last_seq
        known = LogChunk.objects.filter(execution_id=execution_id, first_seq__lte=stored)  # more may come meanwhile
        chunks = list(known.order_by("first_seq"))
    expected = 1
    for chunk in chunks:
        assert chunk.first_seq == expected, f"line {expected} is missing or doubled"
        assert chunk.last_seq - chunk.first_seq + 1 == len(chunk.lines)
        expected = chunk.last_seq + 1
    assert stored == expected - 1
    return [line[3] for chunk in chunks for line in chunk.lines]


def until(probe: Callable[[], bool], seconds: float = 60) -> None:
    eventually(probe, seconds=seconds)
