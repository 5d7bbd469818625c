"""Kinds of work for tests of the engine; a worker learns them by ``--include tests.kinds``.

What an execution of kind ``test.*`` shall do follows from the kind's name; it says in its log and ledger what it did.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from apps.common.actor import Actor
from apps.events.services import record
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Execution, Status
from apps.executions.registry import register
from apps.executions.services.executions import execution_process_started
from apps.executions.services.logs import LogLine, log_append

TICK_SECONDS = 0.02
TALKING_LINES = 40
BRIEF_LINES = 2


@dataclass(frozen=True)
class TestKind:
    """Runs a function and puts every change into the ledger."""

    __test__ = False

    name: str
    body: Callable[[Lease], Outcome]

    def run(self, lease: Lease) -> Outcome:
        return self.body(lease)

    def changed(self, execution: Execution, *, event: str, actor: Actor, now: datetime) -> None:
        data = {"attempt": execution.attempt, "token": str(execution.token), "worker": execution.worker}
        record(f"test.{event}", actor=actor, subject=execution, data=data, now=now)


@dataclass(frozen=True)
class SilentKind(TestKind):
    """Says nothing to the ledger: for benchmarks."""

    def changed(self, execution: Execution, *, event: str, actor: Actor, now: datetime) -> None:
        pass


@dataclass(frozen=True)
class FreezingKind(TestKind):
    """Stops the whole worker, where it is called sleeper, in the middle of the claim."""

    def changed(self, execution: Execution, *, event: str, actor: Actor, now: datetime) -> None:
        super().changed(execution, event=event, actor=actor, now=now)
        if event == "started" and execution.worker.startswith("sleeper"):
            os.kill(os.getpid(), signal.SIGSTOP)
            threading.Event().wait(TICK_SECONDS)  # it takes a moment to reach this thread


def say(lease: Lease, *messages: str) -> None:
    lines = [LogLine(timezone.now(), "INFO", "stdout", message) for message in messages]
    log_append(lease, lines, now=timezone.now())


def done(_lease: Lease) -> Outcome:
    return Outcome(Status.COMPLETED, exit_code=0)


def failing(_lease: Lease) -> Outcome:
    return Outcome(Status.FAILED, exit_code=3, error_message="Process returned exit code 3", retryable=True)


def _until_stopped(lease: Lease, *, lines: int | None) -> Outcome:
    execution_process_started(lease, process_id=os.getpid(), now=timezone.now())
    number = 0
    while lines is None or number < lines:
        if lease.control.lost.is_set():
            return Outcome(Status.FAILED)
        if lease.control.cancelled.wait(TICK_SECONDS):
            return Outcome(Status.CANCELLED)
        number += 1
        say(lease, f"attempt {lease.attempt} line {number}")
    return Outcome(Status.COMPLETED, exit_code=0)


def talking(lease: Lease) -> Outcome:
    """About a second of lines; a process, as far as the engine knows."""
    return _until_stopped(lease, lines=TALKING_LINES)


def brief(lease: Lease) -> Outcome:
    """All a run does, and over at once."""
    return _until_stopped(lease, lines=BRIEF_LINES)


def endless(lease: Lease) -> Outcome:
    return _until_stopped(lease, lines=None)


def preparing(lease: Lease) -> Outcome:
    """Never gets to start its process."""
    lease.control.lost.wait(60)
    return Outcome(Status.FAILED)


def breaking(_lease: Lease) -> Outcome:
    raise RuntimeError("a fault in the kind")


def deaf(lease: Lease) -> Outcome:
    """A process, and no ear for anything; ends when the process does."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    execution_process_started(lease, process_id=child.pid, now=timezone.now())
    child.wait()
    return Outcome(Status.COMPLETED, exit_code=0)


for body in (done, failing, talking, brief, endless, preparing, breaking, deaf):
    register(TestKind(f"test.{body.__name__}", body))
register(FreezingKind("test.freezing", done))
register(SilentKind("test.nothing", done), instant=True)
register(SilentKind("test.nothing_alone", done))
