"""Two hundred viewers of one run, of whom twenty never read: what the others notice, and what the twenty cost."""

from __future__ import annotations

import json
from dataclasses import asdict
from uuid import UUID

from django.utils import timezone

from apps.common.testing import eventually
from apps.robots.selectors.runs import run_get
from apps.robots.services.runs import run_cancel
from apps.tenants.context import tenant_context
from bench.audience import Measured, Plan
from bench.figures import Figure, Target
from bench.rounds import ROUNDS
from bench.stage import Stage
from tests.live import Web

READERS, STALLED = 180, 20
BEHIND = 5000
UNDISTURBED, HELD = Target(1.2), Target(1, unit="MiB")
MIB = 1024 * 1024
SECONDS = 240
# First more than sockets can hold, for those who do not read; then batches that fill a frame each.
TALKATIVE = f"""
import time
for number in range({BEHIND}):
    print("x" * 1000)
while True:
    time.sleep(0.5)
    for number in range(200):
        print(time.time_ns(), number)
"""


def measure(stage: Stage) -> list[Figure]:
    robot = stage.robot(TALKATIVE)
    with stage.worker(), stage.web(VIEWER_STALL_SECONDS="60") as web:
        with tenant_context(stage.organization):
            run = stage.start(robot)
        eventually(lambda: stage.execution(run).last_seq >= BEHIND, seconds=30, interval=0.1)
        try:
            measured = _watched(stage, web, run)
        finally:
            _cancel(stage, run)
    held = [max(measured.held) / MIB]
    note = f"the most of {ROUNDS} rounds, memory of the web process alone"
    return [
        Figure("viewers", "ms p99", UNDISTURBED, measured.beside, measured.without),
        Figure("viewers-stalled", "MiB each", HELD, held, note=note),
    ]


def _watched(stage: Stage, web: Web, run: UUID) -> Measured:
    """The audience is a process of its own: what it costs must not slow the server's."""
    address = f"{web.url.replace('http', 'ws', 1)}/api/v1/ws/runs/{run}/logs?token={stage.token}"
    plan = Plan(address, READERS, STALLED, ROUNDS, web.process.pid, BEHIND)
    file = stage.files / "audience.json"
    with stage.program("bench.audience", str(file), json.dumps(asdict(plan))) as audience:
        eventually(lambda: not audience.running, seconds=SECONDS, interval=0.2)
        if audience.wait() != 0:
            raise RuntimeError(audience.output()[-4000:])
    return Measured(**json.loads(file.read_text("utf-8")))


def _cancel(stage: Stage, run: UUID) -> None:
    with tenant_context(stage.organization):
        run_cancel(actor=stage.actor, run=run_get(actor=stage.actor, run_id=run), now=timezone.now())
    eventually(lambda: stage.execution(run).is_finished, seconds=30, interval=0.1)
