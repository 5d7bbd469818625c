"""
Robots that print too much: memory, rows and answers stay bounded, and the run says truthfully what became of it.

`make test` prints some megabytes of each kind; a gigabyte, with the limits that are the default, takes minutes:
`make test ARGS=tests/test_robot_output.py ROBOT_OUTPUT_BYTES=1000000000`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import pytest
from django.db import connection
from websockets.sync.client import connect

from apps.common.testing import eventually
from apps.executions.models import Execution, LogChunk
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import bearer, make_user
from tests.engine import cancel, execution
from tests.live import Live, Process, Web
from tests.robots import run_robot

MIB = 1024**2
BYTES = int(os.environ.get("ROBOT_OUTPUT_BYTES", 48 * MIB))
FULL = BYTES >= 1_000_000_000
LIMITS = {} if FULL else {"LOG_MAX_LINES": "4000", "LOG_MAX_BYTES": str(4 * MIB)}
KEPT_LINES, KEPT_BYTES = (200_000, 64 * MIB) if FULL else (4000, 4 * MIB)
LINE_BYTES = 128  # of a stored line beside its message: time, level, stream and what JSONB adds
WORKER_GROWTH = 64 * MIB
WEB_GROWTH = (256 if FULL else 160) * MIB  # what its threads let go, their arenas keep
RUN_SECONDS = 600 if FULL else 90
PAGE_BYTES = 6 * MIB

PRINT = """
import itertools, os, random, sys
def lines():
    block = b"".join(b"line %06d %s\\n" % (number, b"x" * 67) for number in range(1000))
    return itertools.repeat(block)
def endless():
    return itertools.repeat(b"y" * 65536)
def noise():
    chance = random.Random(7)
    blocks = [chance.randbytes(65536) for _ in range(16)]
    blocks += [b"\\0" * 4096, b"\\x1b[2J\\x1b]0;title\\x07\\x1b[31m" * 256]
    blocks += [b"\\xff\\xfe\\xc3\\x28\\xed\\xa0\\x80" * 512]
    return itertools.cycle(blocks)
def blob():
    return (block.translate(None, b"\\r\\n") for block in noise())
size = int(sys.argv[2])
for block in globals()[sys.argv[1]]():
    written = os.write(1, block[:size] if size > 0 else block)
    size -= written
    if size == 0:
        break
raise SystemExit(int(sys.argv[3]))
"""
FOREVER = "-1"


@dataclass
class Stage:
    """A worker, a web process, and how much memory they had before anybody printed."""

    live: Live
    worker: Process
    web: Web
    token: str
    memory: dict[int, int]

    def start(self, what: str, size: object, code: int = 0, **given: Any) -> UUID:
        return run_robot(self.live.schema, PRINT, runtime_arguments=[what, str(size), str(code)], **given)

    def ended(self, run: UUID) -> Execution:
        """The run when it is over; meanwhile the worker's memory is watched."""

        def over() -> bool:
            self.assert_bounded(self.worker.pid, WORKER_GROWTH)
            return execution(self.live.schema, run).is_finished

        eventually(over, seconds=RUN_SECONDS)
        return execution(self.live.schema, run)

    def assert_bounded(self, pid: int, growth: int) -> None:
        used = resident(pid)
        assert used - self.memory[pid] < growth, f"{self.memory[pid] / MIB:.0f} MiB grew to {used / MIB:.0f} MiB"

    def get(self, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.get(f"{self.web.url}/api/v1/{path}", headers=headers, timeout=60)

    def pages(self, run: UUID) -> Iterator[dict[str, Any]]:
        """All pages of a log, each as strict JSON in strict UTF-8, and of bounded size."""
        after = 0
        while True:
            answer = self.get(f"runs/{run}/logs?limit=5000&after={after}")
            assert answer.status_code == 200
            assert len(answer.content) < PAGE_BYTES
            page = json.loads(answer.content.decode("utf-8", "strict"))
            if not page["logs"]:
                return
            yield page
            after = page["logs"][-1]["seq"]

    def frames(self, run: UUID) -> list[dict[str, Any]]:
        url = f"{self.web.url.replace('http', 'ws', 1)}/api/v1/ws/runs/{run}/logs?token={self.token}"
        with connect(url, max_size=4 * MIB) as socket:
            return [json.loads(message) for message in socket]


def resident(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)


@pytest.fixture(scope="module")
def stage(live_module: Live) -> Stage:
    web, worker = live_module.web(), live_module.worker(**LIMITS)
    organization = Organization.objects.get(schema_name=live_module.schema)
    with tenant_context(organization):
        token = bearer(make_user(f"viewer-{uuid4()}@{organization.slug}.example", "viewer"), organization)
    stage = Stage(live_module, worker, web, token, {})
    warm = stage.start("lines", 1000)
    eventually(lambda: execution(live_module.schema, warm).is_finished, seconds=60)
    assert len(list(stage.pages(warm))) == 1
    stage.frames(warm)
    stage.memory = {pid: resident(pid) for pid in (worker.pid, web.process.pid)}
    return stage


def rows(run: UUID) -> tuple[int, int, int]:
    """Of a stored log: its lines, the characters of its messages as bytes, and what its rows take."""
    table = LogChunk._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(sum(jsonb_array_length(lines)), 0), coalesce(sum(pg_column_size(lines)), 0),"
            f" (SELECT sum(octet_length(line->>3)) FROM {table}, jsonb_array_elements(lines) line"
            f"  WHERE execution_id = %(run)s) FROM {table} WHERE execution_id = %(run)s",
            {"run": run},
        )
        lines, stored, messages = cursor.fetchone()
    return lines, messages, stored


@pytest.mark.parametrize("what", ["lines", "endless", "noise", "blob"])
def test_it_is_bounded_and_says_so(stage: Stage, what: str) -> None:
    run = stage.start(what, BYTES)
    ended = stage.ended(run)
    assert (ended.status, ended.exit_code, ended.error_message) == ("completed", 0, "")
    assert ended.log_truncated
    with tenant_context(stage.live.schema):
        lines, messages, stored = rows(run)
        [gap] = LogChunk.objects.filter(execution_id=run).exclude(gap_reason="")
    assert lines <= KEPT_LINES
    assert messages <= KEPT_BYTES
    assert stored <= KEPT_BYTES + LINE_BYTES * lines
    assert ended.last_seq == lines + gap.last_seq - gap.first_seq + 1

    told = [line for page in stage.pages(run) for line in page["logs"]]
    stage.assert_bounded(stage.web.process.pid, WEB_GROWTH)
    assert len(told) == lines
    assert all("\0" not in line["message"] for line in told)
    assert max(len(line["message"].encode()) for line in told) <= 3 * 16 * 1024
    *frames, end = stage.frames(run)
    assert [line for frame in frames if frame["type"] == "logs" for line in frame["lines"]] == told
    assert [(frame["from"], frame["to"]) for frame in frames if frame["type"] == "gap"] == [
        (gap.first_seq, gap.last_seq)
    ]
    assert (end["status"], end["last_seq"]) == ("SUCCESS", ended.last_seq)
    stage.assert_bounded(stage.web.process.pid, WEB_GROWTH)
    assert stage.get(f"runs/{run}/logs?limit=1").json()["truncated"] is True


def test_one_that_fails_after_all_that_has_failed(stage: Stage) -> None:
    ended = stage.ended(stage.start("endless", 8 * MIB, 3))
    assert (ended.status, ended.exit_code) == ("failed", 3)
    assert ended.error_message == "Process returned exit code 3"


def test_one_that_never_stops_is_ended_by_its_time(stage: Stage) -> None:
    ended = stage.ended(stage.start("noise", FOREVER, timeout_seconds=2))
    assert (ended.status, ended.error_message) == ("failed", "TIMEOUT")


@pytest.mark.parametrize("what", ["lines", "endless", "noise"])
def test_neighbours_run_meanwhile_and_it_can_be_cancelled(stage: Stage, what: str) -> None:
    run = stage.start(what, FOREVER)
    eventually(_prints(stage, run), seconds=60)
    neighbour = run_robot(stage.live.other_schema, "print('hello')")
    eventually(lambda: execution(stage.live.other_schema, neighbour).is_finished, seconds=60)
    assert execution(stage.live.other_schema, neighbour).status == "completed"
    assert execution(stage.live.schema, run).status == "running"
    cancel(stage.live.schema, run)
    assert stage.ended(run).status == "cancelled"
    assert all(page["logs"] for page in stage.pages(run))


def _prints(stage: Stage, run: UUID) -> Callable[[], bool]:
    return lambda: execution(stage.live.schema, run).last_seq > 100
