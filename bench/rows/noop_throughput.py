"""How many waiting executions that do nothing a worker gets done in a second, against plain Celery tasks."""

from __future__ import annotations

import time

from django.db import transaction
from django.utils import timezone

from apps.executions.services.executions import execution_create
from apps.tenants.context import tenant_context
from bench.figures import Figure, Target
from bench.kinds import NOTHING
from bench.plain.worker import PlainCelery, plain_celery
from bench.rounds import in_turns
from bench.stage import Stage
from tests.live import Process

NUMBER = 2000
ACCEPTED_ONE_BY_ONE = 100
TARGET = Target(1, at_least=True)
QUEUE = "robots.default"


def measure(stage: Stage) -> list[Figure]:
    with stage.worker() as worker, plain_celery(stage) as plain:
        values, baselines = in_turns(lambda: _ours(stage, worker), lambda: _theirs(plain))
        note = _accepting(stage, plain)
    return [Figure("noop-throughput", "/s", TARGET, values, baselines, note)]


def _ours(stage: Stage, worker: Process) -> float:
    """All wait when the worker wakes up; they are done when no ticket is left."""
    worker.pause()
    with transaction.atomic():
        _accept(stage, NUMBER)
    began = time.perf_counter()
    worker.resume()
    stage.drained()
    return NUMBER / (time.perf_counter() - began)


def _theirs(plain: PlainCelery) -> float:
    plain.process.pause()
    plain.sent(NUMBER)
    return NUMBER / plain.drained()


def _accept(stage: Stage, number: int) -> None:
    with tenant_context(stage.organization):
        for _number in range(number):
            with transaction.atomic():
                execution_create(actor=stage.actor, kind=NOTHING, queue=QUEUE, timeout_seconds=60, now=timezone.now())


def _accepting(stage: Stage, plain: PlainCelery) -> str:
    """Accepting is not part of the row: here the database waits for the disk each time, Redis never."""
    began = time.perf_counter()
    _accept(stage, ACCEPTED_ONE_BY_ONE)
    ours = ACCEPTED_ONE_BY_ONE / (time.perf_counter() - began)
    stage.drained()
    theirs = ACCEPTED_ONE_BY_ONE / plain.sent(ACCEPTED_ONE_BY_ONE)
    return f"one client, one after the other: {ours:,.0f} accepted durably, {theirs:,.0f} sent to Redis a second"
