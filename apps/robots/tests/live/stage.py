"""A run and the worker behind it, played by the test: what it says goes through the engine's own services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from django.db import transaction
from django.utils import timezone
from websockets.sync.client import ClientConnection, connect

from apps.accounts.models import User
from apps.dispatch.services.claims import ticket_claim
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Status
from apps.executions.selectors import log_lines
from apps.executions.services.executions import execution_progress
from apps.executions.services.logs import LogLine, log_append, log_gap
from apps.executions.services.transitions import execution_finish, executions_start
from apps.robots.models import Run
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization


@dataclass
class Stage:
    """One waiting run, somebody who may watch it, and the server's address."""

    address: str
    organization: Organization
    run: Run
    viewer: User
    token: str
    lease: Lease | None = None

    # -- the worker

    def begin(self) -> None:
        with public_context(), transaction.atomic():
            [ticket] = ticket_claim(queues=["robots.default"], worker="w", limit=1, lease_seconds=600).tickets
        with tenant_context(self.organization), transaction.atomic():
            [self.lease] = executions_start(claimed=[ticket], worker="w", now=timezone.now())

    def say(self, *messages: str) -> None:
        assert self.lease is not None
        with tenant_context(self.organization):
            lines = [LogLine(timezone.now(), "INFO", "stdout", message) for message in messages]
            log_append(self.lease, lines, now=timezone.now())

    def cut(self, count: int, reason: str = "log too long") -> None:
        assert self.lease is not None
        with tenant_context(self.organization):
            log_gap(self.lease, count=count, reason=reason, now=timezone.now())

    def progress(self, done: int, total: int) -> None:
        assert self.lease is not None
        with tenant_context(self.organization):
            execution_progress(self.lease, done=done, total=total, message="", now=timezone.now())

    def end(self, status: Status = Status.COMPLETED, exit_code: int = 0) -> None:
        assert self.lease is not None
        with tenant_context(self.organization):
            execution_finish(self.lease, outcome=Outcome(status, exit_code), now=timezone.now())

    # -- the viewer

    def url(self, *, run: object = None, **query: object) -> str:
        wanted = {"token": self.token} | query
        text = "&".join(f"{name}={value}" for name, value in wanted.items() if value is not None)
        return f"ws://{self.address}/api/v1/ws/runs/{run or self.run.pk}/logs?{text}"

    def watch(self, **query: object) -> ClientConnection:
        return connect(self.url(**query), close_timeout=2, max_size=None)

    def stream(self, **headers: str) -> httpx.Client:
        """A client for the stream of events."""
        known = {"Authorization": f"Bearer {self.token}"} | headers
        return httpx.Client(base_url=f"http://{self.address}/api/v1/runs/{self.run.pk}", headers=known, timeout=10)

    def stored(self) -> list[dict[str, Any]]:
        """The log as storage has it."""
        with tenant_context(self.organization):
            found = log_lines(execution=self.run.execution)
        names = ("seq", "timestamp", "level", "stream", "message")
        return [{name: getattr(line, name) for name in names} for line in found]


def frames_of(connection: ClientConnection) -> Iterator[dict[str, Any]]:
    """Frames until the socket closes."""
    for message in connection:
        yield json.loads(message)


def lines_of(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of all frames, one after the other."""
    return [line for frame in frames if frame["type"] == "logs" for line in frame["lines"]]
