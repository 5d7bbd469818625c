"""How many lines of a talkative robot are stored in a second, against COPY of the same lines."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg

from apps.robots.models import Robot
from apps.tenants.context import tenant_context
from bench.figures import Figure, Target
from bench.rounds import in_turns
from bench.stage import Stage, plain_connection

LINES, BATCH = 60_000, 200
TARGET = Target(0.5, at_least=True)
MESSAGE = "line {} of a robot that has much to say, and says it quickly"
TALKATIVE = f"""
import sys
for start in range(0, {LINES}, 1000):
    sys.stdout.write("".join(f"{MESSAGE.format("{number}")}\\n" for number in range(start, start + 1000)))
"""
TABLE = """
    CREATE TABLE {name} (
        execution_id uuid, seq bigint, written_at timestamptz, level text, stream text, message text,
        PRIMARY KEY (execution_id, seq)
    )
"""


def measure(stage: Stage) -> list[Figure]:
    robot = stage.robot(TALKATIVE)
    with stage.worker(), plain_connection() as connection:
        name = "bench.line"
        connection.execute("CREATE SCHEMA IF NOT EXISTS bench")
        connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute(TABLE.format(name=name))
        _ours(stage, robot)
        values, baselines = in_turns(lambda: _ours(stage, robot), lambda: _theirs(connection, name))
    return [Figure("log-throughput", "lines/s", TARGET, values, baselines)]


def _ours(stage: Stage, robot: Robot) -> float:
    """From the start of the robot's process to the end of the run, when all is stored."""
    with tenant_context(stage.organization):
        run = stage.start(robot)
    done = stage.finish(run)
    if done.last_seq != LINES or done.process_started_at is None or done.finished_at is None:
        raise RuntimeError("lines are missing")
    return LINES / (done.finished_at - done.process_started_at).total_seconds()


def _theirs(connection: psycopg.Connection, name: str) -> float:
    execution, now = uuid4(), datetime.now(UTC)
    rows = [(execution, seq, now, "INFO", "stdout", MESSAGE.format(seq)) for seq in range(LINES)]
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for start in range(0, LINES, BATCH):
            _copy(cursor, name, rows[start : start + BATCH])
    return LINES / (time.perf_counter() - began)


def _copy(cursor: psycopg.Cursor, name: str, rows: list[tuple[UUID, int, datetime, str, str, str]]) -> None:
    """One batch, committed by itself."""
    with cursor.copy(f"COPY {name} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
