"""From a robot's line to a viewer's socket at 5,000 lines a second, against a Redis stream at the same pace."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any, cast

import orjson
import redis
from websockets.sync.client import connect

from apps.robots.models import Robot
from apps.robots.supervision.log import Batches
from apps.tenants.context import tenant_context
from bench.figures import Figure, Target
from bench.plain.stream import STREAM
from bench.rounds import in_turns
from bench.stage import Stage
from bench.statistics import median
from tests.live import Web

PACE, SECONDS, WARM_UP_SECONDS = 5000, 3.0, 0.5
TARGET = Target(5)
PACED = """
import sys, time
pace, seconds = float(sys.argv[1]), float(sys.argv[2])
due = time.monotonic()
for number in range(int(pace * seconds)):
    due += 1 / pace
    if (wait := due - time.monotonic()) > 0:
        time.sleep(wait)
    print(time.time_ns())
"""
_BLOCK_MILLISECONDS = 5000


def measure(stage: Stage) -> list[Figure]:
    robot = stage.robot(PACED)
    whole: list[float] = []
    with stage.worker(), stage.web() as web:
        _ours(stage, web, robot, whole)
        values, baselines = in_turns(lambda: _ours(stage, web, robot, whole), lambda: _theirs(stage))
    batches = Batches()
    note = (
        f"for the line that fills a frame; lines before it wait for it, {batches.lines} lines or "
        f"{1000 * batches.seconds:.0f} ms at most: p50 of all lines {median(whole):.1f} ms"
    )
    return [Figure("log-latency", "ms", TARGET, values, baselines, note)]


def _ours(stage: Stage, web: Web, robot: Robot, whole: list[float]) -> float:
    """Milliseconds, p50 over frames: from the writing of a frame's last line to its arrival."""
    with tenant_context(stage.organization):
        run = stage.start(robot, str(PACE), str(SECONDS))
    last_lines: list[float] = []
    all_lines: list[float] = []
    address = f"{web.url.replace('http', 'ws', 1)}/api/v1/ws/runs/{run}/logs?token={stage.token}"
    with connect(address, compression=None, max_size=None) as viewer:
        for arrived, written in _frames(viewer):
            if written[0] > PACE * WARM_UP_SECONDS:
                all_lines += [arrived - moment for moment in written[1]]
                last_lines.append(arrived - written[1][-1])
    stage.finish(run)
    whole.append(median(all_lines) / 1e6)
    return median(last_lines) / 1e6


def _frames(viewer: Any) -> Iterator[tuple[int, tuple[int, list[int]]]]:
    """When each frame came; the number of its first line, and when its lines were written."""
    for message in viewer:
        arrived = time.time_ns()
        frame = orjson.loads(message)
        if frame["type"] == "logs":
            yield arrived, (frame["lines"][0]["seq"], [int(line["message"]) for line in frame["lines"]])


def _theirs(stage: Stage) -> float:
    """Milliseconds, p50 over lines: one XADD each, read by XREAD as they come."""
    latencies: list[int] = []
    with redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None) as client:
        client.delete(STREAM)
        with stage.program("bench.plain.stream", str(PACE), str(SECONDS)):
            last: Any = "0"
            while True:
                answer = cast("list[Any]", client.xread({STREAM: last}, block=2 * _BLOCK_MILLISECONDS))
                arrived = time.time_ns()
                entries = answer[0][1] if answer else []
                if not entries or b"end" in entries[-1][1]:
                    break
                last = entries[-1][0]
                latencies += [arrived - int(fields[b"at"]) for _identifier, fields in entries]
        client.delete(STREAM)
    return median(latencies[int(PACE * WARM_UP_SECONDS) :]) / 1e6
