"""A kind of work for tests, and executions in every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from apps.common.actor import Actor
from apps.dispatch.models import Ticket
from apps.dispatch.services.claims import Claimed, ticket_claim
from apps.executions import registry
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Execution, Status
from apps.executions.services.artifacts import artifact_store
from apps.executions.services.executions import execution_create
from apps.executions.services.logs import LogLine, log_append
from apps.executions.services.transitions import execution_finish, executions_start
from apps.tenants.context import public_context
from apps.tenants.models import Organization
from tests.storages import bucket_storage, folder_storage, object_server

NOW = timezone.now()
__all__ = ["bucket_storage", "folder_storage", "object_server"]
DONE = Outcome(Status.COMPLETED, exit_code=0)
FAILED = Outcome(Status.FAILED, exit_code=3, error_message="no", retryable=True)
Accept = Callable[..., Execution]
Start = Callable[..., Lease]


@dataclass
class RecordingKind:
    """Remembers what it was told."""

    name: str = "recording"
    outcome: Outcome | Exception = DONE
    heard: list[tuple[UUID, str]] = field(default_factory=list)
    ran: list[Lease] = field(default_factory=list)

    def run(self, lease: Lease) -> Outcome:
        self.ran.append(lease)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def changed(self, execution: Execution, *, event: str, actor: Actor, now: datetime) -> None:
        assert transaction.get_connection().in_atomic_block
        self.heard.append((execution.pk, event))

    @property
    def events(self) -> list[str]:
        return [event for _pk, event in self.heard]


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> RecordingKind:
    recording = RecordingKind()
    monkeypatch.setitem(registry._kinds, recording.name, recording)
    return recording


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What was sent to the channel layer, which stays out of these tests."""
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("apps.executions.wakeups._waker.send", lambda group, message: sent.append((group, message)))
    return sent


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []
    monkeypatch.setattr("apps.dispatch.services.tickets.ring", heard.append)
    return heard


@pytest.fixture
def accept(organization: Organization, kind: RecordingKind, rung: list[str]) -> Accept:
    """Accepts an execution of the recording kind."""

    def accepted(**options: Any) -> Execution:
        settings: dict[str, Any] = {
            "actor": Actor.system("tests", schema=organization.schema_name, trace_id="trace"),
            "kind": kind.name,
            "queue": "q",
            "timeout_seconds": 60,
            "now": timezone.now(),
        }
        with transaction.atomic():
            return execution_create(**(settings | options))

    return accepted


def claimed(limit: int = 1) -> list[Claimed]:
    with public_context(), transaction.atomic():
        return list(ticket_claim(queues=["q"], worker="w", limit=limit, lease_seconds=30).tickets)


@pytest.fixture
def start(accept: Accept) -> Start:
    """Accepts an execution and starts it."""

    def started(**options: Any) -> Lease:
        accept(**options)
        with transaction.atomic():
            [lease] = executions_start(claimed=claimed(), worker="w", now=timezone.now())
        return lease

    return started


@pytest.fixture
def aged(start: Start, folder_storage: Path, tmp_path: Path) -> Any:
    """An execution with two lines and an artifact that ended so many days before NOW; ``days=None`` still runs."""

    def made(days: int | None) -> Lease:
        lease = start(now=NOW - timedelta(days=500))
        log_append(lease, [LogLine(NOW, "INFO", "stdout", "line")] * 2, now=NOW)
        (tmp_path / "file").write_bytes(b"12345")
        artifact_store(lease, name="file", path=tmp_path / "file", now=NOW)
        if days is not None:
            execution_finish(lease, DONE, now=NOW)
            ended = NOW - timedelta(days=days)
            Execution.objects.filter(pk=lease.execution_id).update(finished_at=ended)
        return lease

    return made


def lease_of() -> Lease:
    """A lease of nothing that exists."""
    return Lease(
        execution_id=uuid4(),
        schema="t_000000000000",
        token=uuid4(),
        attempt=1,
        max_attempts=1,
        kind="k",
        queue="q",
        timeout_seconds=1,
        worker="w",
        trace_id="",
    )


def stored(execution: Execution | Lease) -> Execution:
    return Execution.objects.get(pk=execution.execution_id if isinstance(execution, Lease) else execution.pk)


def ticket_of(execution: Execution | Lease) -> Ticket | None:
    with public_context():
        identifier = execution.execution_id if isinstance(execution, Lease) else execution.pk
        return Ticket.objects.filter(pk=identifier).first()


def steal(lease: Lease) -> None:
    """Somebody else has the execution now."""
    other = UUID(int=7)
    Execution.objects.filter(pk=lease.execution_id).update(token=other)
    with public_context():
        Ticket.objects.filter(pk=lease.execution_id).update(token=other)


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Iterator[Any]:
    """``with committed():`` runs what waits for the commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)  # type: ignore[return-value]
